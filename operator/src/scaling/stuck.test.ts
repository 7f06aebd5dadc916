import { describe, expect, it } from '@jest/globals';
import type { Sample } from './model.ts';
import { stuckQueues } from './stuck.ts';
import { START_MS } from './testing/feed.ts';

/** Each queue: what waits, and for how many seconds it has stood. */
const sample = (...queues: readonly (readonly [lag: number, stoodSeconds: number])[]): Sample => ({
  atMs: START_MS,
  layout: {
    queues: queues.map((_queue, queueId) => ({ broker: 'a', topic: 'T', queueId, placed: true })),
    topics: [],
  },
  newest: [],
  read: [],
  lag: queues.map(([lag]) => lag),
  movedAtMs: queues.map(([, stood]) => START_MS - stood * 1_000),
});

describe('stuckQueues', () => {
  it.each<readonly [string, Sample, readonly boolean[], number | undefined]>([
    ['all move', sample([10, 0], [10, 5]), [false, false], undefined],
    ['one has stood for a while', sample([10, 44], [10, 5]), [false, false], undefined],
    ['one has stood for too long', sample([10, 45], [10, 5]), [true, false], undefined],
    ['one stands with nothing that waits', sample([0, 90], [10, 5]), [false, false], undefined],
    ['all that have something stand', sample([10, 50], [5, 90], [0, 0]), [true, true, false], 50],
    ['there is no queue', sample(), [], undefined],
  ])('%s', (_what, seen, flags, allSeconds) => {
    const { allSinceAtMs, ...stuck } = stuckQueues(seen);
    expect(stuck.flags).toEqual(flags);
    expect(stuck.queues).toHaveLength(flags.filter(Boolean).length);
    expect(allSinceAtMs).toBe(allSeconds === undefined ? undefined : START_MS - allSeconds * 1_000);
  });
});
