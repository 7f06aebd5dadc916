import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Cache, type Recipe } from './cache.ts';
import { createProgress } from './progress.ts';

describe('Cache', () => {
  let root: string;
  let said: string[];
  let cache: Cache;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'gantry-'));
    said = [];
    cache = new Cache(
      root,
      createProgress((line) => said.push(line)),
    );
  });
  afterEach(() => rm(root, { recursive: true }));

  const recipe = (version: string, keep?: number): Recipe => ({
    name: 'thing',
    title: 'a thing',
    madeOf: { version },
    ...(keep === undefined ? {} : { keep }),
    build: (folder) => writeFile(join(folder, 'content'), version),
  });

  it('builds once for equal parts, also for calls at the same time', async () => {
    const [one, two] = await Promise.all([cache.entry(recipe('1')), cache.entry(recipe('1'))]);
    const later = await new Cache(
      root,
      createProgress((line) => said.push(line)),
    ).entry(recipe('1'));
    expect([two, later]).toEqual([one, one]);
    expect(await readFile(join(one, 'content'), 'utf8')).toBe('1');
    expect(said.filter((line) => line.includes('a thing'))).toHaveLength(1);
    expect(await cache.entry(recipe('2'))).not.toBe(one);
  });

  it('keeps nothing of a build that fails, and builds again when asked again', async () => {
    const broken: Recipe = { ...recipe('1'), build: () => Promise.reject(new Error('no disk')) };
    await expect(cache.entry(broken)).rejects.toThrow('no disk');
    expect(existsSync(cache.place(broken))).toBe(false);
    const again = new Cache(
      root,
      createProgress((line) => said.push(line)),
    );
    expect(await readFile(join(await again.entry(recipe('1')), 'content'), 'utf8')).toBe('1');
  });

  it('removes what a dead process was building, not what a living one builds', async () => {
    const dead = join(root, 'building', 'thing.999999999');
    const living = join(root, 'building', `thing.${String(process.pid)}`);
    await mkdir(dead, { recursive: true });
    await mkdir(living);
    await cache.removeLeftovers();
    expect(await readdir(join(root, 'building'))).toEqual([basename(living)]);
  });

  it('keeps as many entries of a name as its recipe says, the newest', async () => {
    for (const version of ['1', '2', '3']) {
      const entry = await cache.entry(recipe(version, 2));
      await utimes(entry, Number(version), Number(version));
    }
    const left = await readdir(join(root, 'entries'));
    expect(left.toSorted()).toEqual(['2', '3'].map((each) => basename(cache.place(recipe(each)))).toSorted());
  });
});
