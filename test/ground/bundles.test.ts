import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { operatorBundle } from './bundles.ts';

describe('the bundle of the operator', () => {
  it('leaves out what it does not use of zod: all its languages come with any `import { z }`, 6 MiB of memory', async () => {
    const text = await operatorBundle(fileURLToPath(new URL('../..', import.meta.url)));
    expect(text.includes('ZodError')).toBe(true);
    // German, up to the umlaut that esbuild escapes.
    expect(text.includes('ltige Eingabe')).toBe(false);
    // It builds the whole operator, which takes a few seconds on a machine that does more beside it.
  }, 30_000);
});
