import { expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError, run } from './shell.ts';
import { failuresOf } from './tap.ts';

it('finds in the report of a real run what failed, and nothing else', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-tap-'));
  const script = join(folder, 'some.mjs');
  await writeFile(
    script,
    `import { describe, it } from 'node:test';
    describe('a suite', () => {
      it('holds', () => {});
      it('does not hold', () => { throw new Error('the first reason\\n\\nand the second'); });
    });`,
  );
  const tap = await run(process.execPath, ['--test-reporter=tap', script], { timeoutMs: 30_000 }).then(
    () => '',
    (error: unknown) => (error instanceof CommandError ? error.stdout : ''),
  );
  await rm(folder, { recursive: true });
  expect(failuresOf(tap).match(/not ok .*/g)).toEqual(['not ok 2 - does not hold']);
  expect(failuresOf(tap)).toMatch(/the first reason[^]*and the second/);
});
