import { describe, expect, it } from '@jest/globals';
import type { Sample } from './model.ts';
import { stuckQueues } from './stuck.ts';
import { START_MS } from './testing/feed.ts';

interface Seen {
  readonly lag: number;
  readonly stoodSeconds: number;
}

/** A minute, in which queues move that have not stood for all of it. */
const samples = (...queues: readonly Seen[]): readonly [Sample, Sample] => {
  const sample = (secondsAgo: number): Sample => ({
    atMs: START_MS - secondsAgo * 1_000,
    layout: {
      queues: queues.map((_queue, queueId) => ({ broker: 'a', topic: 'T', queueId, placed: true })),
      topics: [],
    },
    newest: [],
    read: queues.map(({ stoodSeconds }) => (stoodSeconds < 60 && secondsAgo === 0 ? 10 : 0)),
    lag: queues.map(({ lag }) => lag),
    movedAtMs: queues.map(({ stoodSeconds }) => START_MS - stoodSeconds * 1_000),
  });
  return [sample(60), sample(0)];
};
const standing = (lag: number, stoodSeconds: number): Seen => ({ lag, stoodSeconds });

describe('stuckQueues', () => {
  it.each<readonly [string, readonly Seen[], readonly boolean[], number | undefined]>([
    ['all move', [standing(10, 0), standing(10, 5)], [false, false], undefined],
    ['one has stood for a while', [standing(10, 44), standing(10, 5)], [false, false], undefined],
    ['one has stood for too long', [standing(10, 45), standing(10, 5)], [true, false], undefined],
    ['one stands with nothing that waits', [standing(0, 90), standing(10, 5)], [false, false], undefined],
    [
      'one stands, and the other moves and has nothing that waits',
      [standing(9, 90), standing(0, 0)],
      [true, false],
      undefined,
    ],
    ['none moves', [standing(10, 70), standing(5, 90), standing(0, 90)], [true, true, false], 70],
    ['there is no queue', [], [], undefined],
  ])('%s', (_what, seen, flags, allSeconds) => {
    const { allSinceAtMs, ...stuck } = stuckQueues(samples(...seen));
    expect(stuck.flags).toEqual(flags);
    expect(stuck.queues).toHaveLength(flags.filter(Boolean).length);
    expect(allSinceAtMs).toBe(allSeconds === undefined ? undefined : START_MS - allSeconds * 1_000);
  });
});
