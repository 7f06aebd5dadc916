import { describe, expect, it } from '@jest/globals';
import { KeyedTurns } from './keyed-turns.ts';

describe('KeyedTurns', () => {
  it('runs one task a key at a time, in order, and keys beside each other', async () => {
    const turns = new KeyedTurns();
    const log: string[] = [];
    const release: (() => void)[] = [];
    const task = (name: string) => async () => {
      log.push(`${name} starts`);
      await new Promise<void>((resolve) => release.push(resolve));
      log.push(`${name} ends`);
    };
    const all = [turns.run('a', task('a1')), turns.run('a', task('a2')), turns.run('b', task('b1'))];
    while (log.filter((line) => line.endsWith('ends')).length < 3) {
      release.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(all);
    expect(log.filter((line) => line.startsWith('a'))).toEqual([
      'a1 starts',
      'a1 ends',
      'a2 starts',
      'a2 ends',
    ]);
    expect(log.indexOf('b1 starts')).toBeLessThan(log.indexOf('a2 starts'));
    expect(turns.size).toBe(0);
  });

  it('goes on after a task that throws', async () => {
    const turns = new KeyedTurns();
    const failing = turns.run('a', () => Promise.reject(new Error('no')));
    const next = turns.run('a', () => Promise.resolve('yes'));
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('yes');
    expect(turns.size).toBe(0);
  });
});
