import { describe, expect, it } from '@jest/globals';
import { KeyedTurns, TurnRefusedError } from './keyed-turns.ts';

/** Time is up when a test says so. */
function turnsOf(maxWaiting = 2) {
  const timers = new Set<() => void>();
  const after = (_delayMs: number, callback: () => void) => {
    timers.add(callback);
    return () => void timers.delete(callback);
  };
  return { turns: new KeyedTurns({ maxWaiting, maxWaitMs: 5_000, clock: { after } }), timers };
}

describe('KeyedTurns', () => {
  it('runs one task a key at a time, in order, and keys beside each other', async () => {
    const { turns } = turnsOf();
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
    const { turns, timers } = turnsOf();
    const failing = turns.run('a', () => Promise.reject(new Error('no')));
    const next = turns.run('a', () => Promise.resolve('yes'));
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('yes');
    expect([turns.size, timers.size]).toEqual([0, 0]);
  });

  it('refuses a task when enough of its key wait, and takes those of others', async () => {
    const { turns } = turnsOf(2);
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const waiting = [1, 2, 3].map(() => turns.run('a', () => gate));
    await expect(turns.run('a', () => gate)).rejects.toThrow('a has 3 under way already');
    const other = turns.run('b', () => gate);
    open();
    await Promise.all([...waiting, other]);
    expect(await turns.run('a', () => Promise.resolve('again'))).toBe('again');
  });

  it('never begins a task that has waited too long, and goes on with the next one', async () => {
    const { turns, timers } = turnsOf(2);
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const begun: string[] = [];
    const first = turns.run('a', () => gate);
    const late = turns.run('a', () => Promise.resolve(begun.push('late')));
    const last = turns.run('a', () => Promise.resolve(begun.push('last')));
    const [timer] = timers;
    timer?.();
    await expect(late).rejects.toBeInstanceOf(TurnRefusedError);
    open();
    await Promise.all([first, last]);
    expect(begun).toEqual(['last']);
    expect([turns.size, timers.size]).toEqual([0, 0]);
  });
});
