import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sha256 } from '../fingerprint.ts';
import { paxRecord, writeTar, type TarEntry } from './tar.ts';
import { withParents } from './tree.ts';

describe('paxRecord', () => {
  it.each([
    ['path', 'x'],
    ['path', 'x'.repeat(89)],
    ['path', 'x'.repeat(90)],
    ['path', 'x'.repeat(91)],
    ['path', 'ä'.repeat(60)],
  ])('counts its own length: %s=%s', (key, value) => {
    const record = paxRecord(key, value);
    expect(Number(record.split(' ')[0])).toBe(Buffer.byteLength(record));
    expect(record.slice(record.indexOf(' ') + 1)).toBe(`${key}=${value}\n`);
  });
});

describe('writeTar', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const long = `${'d'.repeat(60)}/${'f'.repeat(60)}`;
  const entries = async (): Promise<TarEntry[]> => {
    const source = join(folder, 'source');
    await writeFile(source, 'z'.repeat(1000));
    return [
      { type: 'directory', path: 'opt', mode: 0o1777 },
      { type: 'file', path: 'opt/empty', content: Buffer.alloc(0), mode: 0o755, uid: 3000, gid: 3000 },
      { type: 'file', path: 'opt/block', content: Buffer.alloc(512, 'a') },
      { type: 'file', path: `opt/${long}`, content: { file: source, size: 1000 } },
      { type: 'symlink', path: 'opt/link', target: long },
    ];
  };

  it('is read by tar as it was written', async () => {
    const file = join(folder, 'a.tar');
    const { sha256: digest, size } = await writeTar(file, await entries());
    const bytes = await readFile(file);
    expect(digest).toBe(sha256(bytes));
    expect(size).toBe(bytes.length);
    const listing = execFileSync('tar', ['--numeric-owner', '-tvf', file], { encoding: 'utf8' })
      .trim()
      .split('\n');
    expect(listing.map((line) => line.split(/\s+/).slice(0, 3).join(' '))).toEqual([
      'drwxrwxrwt 0/0 0',
      '-rwxr-xr-x 3000/3000 0',
      '-rw-r--r-- 0/0 512',
      '-rw-r--r-- 0/0 1000',
      'lrwxrwxrwx 0/0 0',
    ]);
    expect(listing[3]).toContain(`opt/${long}`);
    expect(listing[4]).toContain(`opt/link -> ${long}`);
    expect(execFileSync('tar', ['-xOf', file, `opt/${long}`], { encoding: 'utf8' })).toBe('z'.repeat(1000));
  });

  it('gives the same bytes for the same entries', async () => {
    const first = await writeTar(join(folder, 'a.tar'), await entries());
    const second = await writeTar(join(folder, 'b.tar'), await entries());
    expect(second).toEqual(first);
  });

  it('refuses a file that is not as long as it was', async () => {
    const source = join(folder, 'source');
    await writeFile(source, 'abc');
    const entry: TarEntry = { type: 'file', path: 'x', content: { file: source, size: 4 } };
    await expect(writeTar(join(folder, 'a.tar'), [entry])).rejects.toThrow('changed while x was packed');
  });
});

describe('withParents', () => {
  it('puts each folder before what lies in it, once, with its own mode where one is given', () => {
    const entries = withParents([
      { type: 'file', path: 'a/b/one', content: Buffer.alloc(0) },
      { type: 'file', path: 'a/b/two', content: Buffer.alloc(0) },
      { type: 'directory', path: 'a/b', mode: 0o700 },
      { type: 'file', path: 'a/b/one', content: Buffer.from('later') },
    ]);
    expect(entries.map(({ path }) => path)).toEqual(['a', 'a/b', 'a/b/one', 'a/b/two']);
    expect(entries[1]).toEqual({ type: 'directory', path: 'a/b', mode: 0o700 });
    expect(entries[2]).toEqual({ type: 'file', path: 'a/b/one', content: Buffer.alloc(0) });
  });
});
