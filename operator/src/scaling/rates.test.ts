import { describe, expect, it } from '@jest/globals';
import { remember } from './history.ts';
import type { Sample } from './model.ts';
import { ratesOf } from './rates.ts';
import { settingsWith, START_MS } from './testing/feed.ts';

/** Looks every two seconds; by queue, what has come and what is committed at a second. */
function watch(
  seconds: number,
  queues: readonly ((second: number) => readonly [newest: number, committed: number])[],
): readonly Sample[] {
  let samples: readonly Sample[] = [];
  for (let second = 0; second <= seconds; second += 2) {
    const observed = queues.map((at, queueId) => {
      const [newestOffset, committedOffset] = at(second);
      return {
        broker: 'a',
        topic: 'T',
        queueId,
        oldestOffset: 0,
        newestOffset,
        committedOffset,
        retry: false,
      };
    });
    ({ samples } = remember(samples, observed, START_MS + second * 1_000, settingsWith()));
  }
  return samples;
}

describe('ratesOf', () => {
  it('needs two looks', () => {
    expect(ratesOf([])).toBeUndefined();
    expect(ratesOf(watch(0, [() => [0, 0]]))).toBeUndefined();
  });

  it('shows a burst in the quick rate first', () => {
    const burst = (second: number) => 10 * second + 100 * Math.max(0, second - 90);
    const rates = ratesOf(watch(100, [(second) => [burst(second), burst(second)]]));
    expect(rates?.quick).toBeCloseTo(110);
    expect(rates?.medium).toBeCloseTo(10 + 1_000 / 30);
    expect(rates?.slow).toBeCloseTo(10 + 1_000 / 60);
  });

  it('does not take what is done and not committed yet for waiting', () => {
    const committed = (second: number) => 20 * 5 * Math.floor(second / 5);
    const rates = ratesOf(watch(62, [(second) => [20 * second, committed(second)]]));
    // 2 s since the last commit of 20 a second.
    expect(rates?.lag).toBe(40);
    expect(rates?.waiting).toEqual([0]);
    const behind = ratesOf(watch(62, [(second) => [20 * second + 500, committed(second)]]));
    expect(behind?.waiting[0]).toBeCloseTo(500 + 40 - 60, -1);
  });

  it('goes half way to fair shares, but for a queue that has twice as much', () => {
    const steady = (rate: number) => (second: number) => [rate * second, rate * second] as const;
    expect(ratesOf(watch(60, [steady(30), steady(10)]))?.shares).toEqual([0.625, 0.375]);
    const hot = ratesOf(watch(60, [steady(60), steady(10), steady(10), steady(10)]))?.shares;
    expect(hot?.[0]).toBeCloseTo(60 / 90);
    expect(ratesOf(watch(60, [steady(0), steady(0)]))?.shares).toEqual([0.5, 0.5]);
  });
});
