import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isAlive, tryLock, withLock } from './lock.ts';
import { createProgress } from './progress.ts';

describe('the lock of the ground', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-'));
    file = join(folder, 'locks', 'ground');
  });
  afterEach(() => rm(folder, { recursive: true }));
  const silent = createProgress(() => undefined);
  const signal = new AbortController().signal;

  it('is held by one at a time, and tells who has it', () => {
    expect(tryLock(file, 'ground up')).toBeUndefined();
    expect(tryLock(file, 'ground down')).toMatchObject({ pid: process.pid, doing: 'ground up' });
  });

  it.each([
    ['a process that is gone', { pid: 999_999_999, born: '1', doing: 'ground up' }],
    [
      'a process whose number another one has now',
      { pid: process.pid, born: 'not then', doing: 'ground up' },
    ],
  ])('is taken over from %s', async (_, holder) => {
    expect(tryLock(file, 'first')).toBeUndefined();
    await writeFile(file, JSON.stringify(holder));
    expect(tryLock(file, 'second')).toBeUndefined();
  });

  it('is given back after work that fails', async () => {
    const failing = withLock(file, 'first', silent, signal, () => Promise.reject(new Error('broken')));
    await expect(failing).rejects.toThrow('broken');
    expect(await withLock(file, 'second', silent, signal, () => Promise.resolve(2))).toBe(2);
  });

  it('stops waiting when told to', async () => {
    tryLock(file, 'first');
    const stop = new AbortController();
    const waiting = withLock(file, 'second', silent, stop.signal, () => Promise.resolve());
    stop.abort();
    await expect(waiting).rejects.toThrow('abort');
  });
});

describe('isAlive', () => {
  it.each([
    [process.pid, true],
    [999_999_999, false],
    [0, false],
    [-1, false],
    [Number.NaN, false],
  ])('of %d is %s', (pid, alive) => {
    expect(isAlive(pid)).toBe(alive);
  });
});
