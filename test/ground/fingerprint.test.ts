import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cacheKey, fileSha256, fingerprint, sha256 } from './fingerprint.ts';

describe('cacheKey', () => {
  it('does not depend on the order of names', () => {
    expect(cacheKey({ a: '1', b: ['x', 'y'] })).toBe(cacheKey({ b: ['x', 'y'], a: '1' }));
  });

  it.each([
    [{ a: '1' }, { a: '2' }],
    [{ a: '1' }, { b: '1' }],
    [{ a: ['x', 'y'] }, { a: ['y', 'x'] }],
    [{ a: ['xy'] }, { a: ['x', 'y'] }],
    [{ a: 1 }, { a: '1' }],
  ])('tells %j from %j', (one, other) => {
    expect(cacheKey(one)).not.toBe(cacheKey(other));
  });
});

describe('fingerprint', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-'));
    await mkdir(join(folder, 'inner'));
    await writeFile(join(folder, 'one'), '1');
    await writeFile(join(folder, 'inner', 'two'), '2');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('moves with the content and the name of every file', async () => {
    const before = await fingerprint(folder);
    expect(await fingerprint(folder)).toBe(before);
    await writeFile(join(folder, 'inner', 'two'), '3');
    const changed = await fingerprint(folder);
    expect(changed).not.toBe(before);
    await writeFile(join(folder, 'inner', 'three'), '3');
    expect(await fingerprint(folder)).not.toBe(changed);
  });

  it('hashes a file as its bytes', async () => {
    expect(await fileSha256(join(folder, 'one'))).toBe(sha256('1'));
  });
});
