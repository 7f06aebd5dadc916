import { describe, expect, it } from '@jest/globals';
import { Semaphore } from './semaphore.ts';

describe('Semaphore', () => {
  it('holds at most its limit and serves waiters in order', async () => {
    const semaphore = new Semaphore(2);
    const order: number[] = [];
    let running = 0;
    let most = 0;
    const task = (id: number) =>
      semaphore.run(async () => {
        order.push(id);
        most = Math.max(most, (running += 1));
        await Promise.resolve();
        running -= 1;
      });
    await Promise.all([1, 2, 3, 4, 5].map(task));
    expect({ order, most, held: semaphore.held }).toEqual({ order: [1, 2, 3, 4, 5], most: 2, held: 0 });
  });

  it('frees the place of a task that throws', async () => {
    const semaphore = new Semaphore(1);
    await expect(semaphore.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await semaphore.run(() => Promise.resolve('next'))).toBe('next');
  });

  it.each([0, -1, 1.5])('refuses the limit %p', (limit) => {
    expect(() => new Semaphore(limit)).toThrow(RangeError);
  });
});
