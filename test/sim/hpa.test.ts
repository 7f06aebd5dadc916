import { describe, expect, it } from '@jest/globals';
import { Hpa, type HpaBehavior } from './hpa.ts';

const hpa = (
  over: { readonly target?: number; readonly tolerance?: number; readonly behavior?: HpaBehavior } = {},
) => new Hpa({ minReplicas: 1, maxReplicas: 32, target: 100, tolerance: 0.1, behavior: undefined, ...over });

describe('an HPA', () => {
  it.each([
    ['goes to what the metric asks for', 650, 4, 4, 7],
    ['goes to 4 from 1 at once', 10_000, 1, 1, 4],
    ['goes to twice as many at most', 10_000, 6, 6, 12],
    ['holds within the tolerance', 1_090, 10, 10, 10],
    // kubernetes/kubernetes#72775.
    ['takes surplus pods of a rollout for what there should be', 1_250, 10, 13, 13],
    ['goes to the maximum', 100_000, 30, 30, 32],
    ['goes to the minimum', 0, 1, 1, 1],
    ['does nothing at zero', 500, 0, 0, 0],
  ])('%s', (_what, metric, replicas, pods, next) => {
    expect(hpa().next(0, metric, replicas, pods)).toBe(next);
  });

  it('holds without a metric', () => {
    expect(hpa().next(0, undefined, 5, 5)).toBe(5);
  });

  it('goes down to the most that was wanted within five minutes', () => {
    const one = hpa();
    one.next(0, 800, 8, 8);
    one.next(15, 500, 8, 8);
    expect(one.next(290, 200, 8, 8)).toBe(8);
    expect(one.next(305, 200, 8, 8)).toBe(5);
    expect(one.next(320, 200, 5, 5)).toBe(2);
  });

  it('goes up at once, and down in its own window, with a behavior', () => {
    const one = hpa({ tolerance: 0, behavior: { burst: true, downSeconds: 60 } });
    expect(one.next(0, 3_000, 1, 1)).toBe(30);
    expect(one.next(15, 100, 30, 30)).toBe(30);
    expect(one.next(75, 100, 30, 30)).toBe(1);
  });
});
