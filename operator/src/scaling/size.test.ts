import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { GroupType, Layout } from './model.ts';
import { busiestLoad, hotQueue, sizesOf, type SizeInput } from './size.ts';
import { settingsWith } from './testing/feed.ts';

interface Given {
  readonly groupType?: GroupType;
  readonly queues?: number;
  readonly retryQueues?: number;
  readonly rate?: number;
  readonly quick?: number;
  /** Of the first queue; the others share the rest. */
  readonly firstShare?: number;
  /** Messages that wait in each queue, and in each queue of the retry topic. */
  readonly waiting?: number;
  readonly retries?: number;
  readonly inFlight?: number;
  readonly consumers?: number;
  readonly bound?: number;
}

/** A replica handles 50 a second and reads 22 s after it is asked for; the SLO is 30 s. */
function given(over: Given = {}): SizeInput {
  const { queues = 16, retryQueues = 0, rate = 160, quick = rate, waiting = 0, retries = 0 } = over;
  const { groupType = 'Queue', consumers = 4, bound = groupType === 'Pop' ? 32 : 16, inFlight = 0 } = over;
  const firstShare = over.firstShare ?? 1 / queues;
  const shares = Array.from({ length: queues }, (_value, index) =>
    index === 0 ? firstShare : (1 - firstShare) / (queues - 1),
  );
  const none = Array.from({ length: retryQueues }, () => 0);
  const layout: Layout = {
    queues: [...shares, ...none].map((_share, queueId) => ({
      broker: 'a',
      topic: 'T',
      queueId,
      placed: true,
    })),
    topics: [
      { first: 0, count: queues, retry: false },
      ...(retryQueues === 0 ? [] : [{ first: queues, count: retryQueues, retry: true }]),
    ],
  };
  return {
    settings: settingsWith({ groupType }),
    layout,
    rates: {
      quick,
      medium: rate,
      slow: rate,
      consumed: rate,
      shares: [...shares, ...none],
      consumedByQueue: [],
      waiting: [],
      lag: 0,
    },
    waiting: [...shares.map(() => waiting), ...none.map(() => retries)],
    inFlight,
    serviceRate: 50,
    consumers,
    reactionMs: 22_000,
    bound,
  };
}

describe('sizesOf', () => {
  it.each<readonly [string, Given, number, number]>([
    ['what comes, with a tenth to spare and a quarter', { rate: 160 }, 4, 6],
    ['what fills the busiest to the brim is too much', { rate: 200 }, 6, 6],
    ['gRPC clients share, so that every count is of use', { groupType: 'Pop', rate: 200 }, 5, 6],
    ['next to nothing', { rate: 1 }, 1, 1],
    ['more than all of them can do', { rate: 2_000 }, 16, 16],
    ['more than all of them can do, and fewer are as good', { rate: 500, firstShare: 0.5, bound: 8 }, 8, 8],
  ])('%s', (_what, over, sustained, down) => {
    const sizes = sizesOf(given(over));
    expect([sizes.sustained.replicas, sizes.down]).toEqual([sustained, down]);
  });

  it.each<readonly [string, Given, boolean, number]>([
    ['nothing waits', {}, false, 4],
    ['a backlog that is done in time', { waiting: 100 }, false, 6],
    ['a backlog that is not', { waiting: 120 }, true, 6],
    ['a burst that fills what is there before others come', { quick: 400 }, true, 8],
    ['a burst that they can take', { quick: 210 }, false, 6],
    ['a backlog of gRPC clients', { groupType: 'Pop', waiting: 120 }, true, 5],
    ['messages that gRPC clients hold', { groupType: 'Pop', inFlight: 1_920 }, true, 5],
    ['nobody reads', { consumers: 0 }, true, 4],
  ])('%s', (_what, over, isUrgent, replicas) => {
    const sizes = sizesOf(given(over));
    expect(sizes.isUrgent).toBe(isUrgent);
    expect(sizes.urgent.replicas).toBe(replicas);
  });

  it('gives retries, of which there is a queue a broker, no more replicas than that', () => {
    const only = given({ rate: 10, retryQueues: 2, retries: 50_000 });
    expect(sizesOf(only).urgent.replicas).toBe(2);
    expect(sizesOf(given({ rate: 300, retryQueues: 2, retries: 50_000 })).urgent.replicas).toBe(8);
    expect(
      sizesOf(given({ groupType: 'Pop', rate: 10, retryQueues: 2, retries: 5_000 })).urgent.replicas,
    ).toBe(7);
  });

  it('never asks for fewer when more comes or more waits', () => {
    const rate = fc.integer({ min: 0, max: 3_000 });
    const type = fc.constantFrom<GroupType>('Queue', 'Orderly', 'Pop', 'PopFifo');
    fc.assert(
      fc.property(type, rate, rate, fc.integer({ min: 0, max: 5_000 }), (groupType, one, other, waiting) => {
        const less = sizesOf(given({ groupType, rate: Math.min(one, other), waiting }));
        const more = sizesOf(given({ groupType, rate: Math.max(one, other), waiting }));
        expect(more.sustained.replicas).toBeGreaterThanOrEqual(less.sustained.replicas);
        expect(more.urgent.replicas).toBeGreaterThanOrEqual(less.urgent.replicas);
        expect(more.down).toBeGreaterThanOrEqual(less.down);
        expect(more.predictedWaitMs).toBeGreaterThanOrEqual(less.predictedWaitMs);
      }),
    );
  });
});

describe('hotQueue', () => {
  it('is the one that alone is more than a replica can do', () => {
    expect(hotQueue(given({ rate: 200, firstShare: 0.3 }))).toEqual({ index: 0, load: 60 });
    expect(hotQueue(given({ rate: 200, firstShare: 0.2 }))).toBeUndefined();
    expect(hotQueue(given({ rate: 200, firstShare: 0.3, groupType: 'Pop' }))).toBeUndefined();
  });
});

describe('busiestLoad', () => {
  it('is what comes for the busiest replica', () => {
    expect(busiestLoad(given({ rate: 160, consumers: 5 }))).toBeCloseTo(40);
    expect(busiestLoad(given({ rate: 160, consumers: 5, groupType: 'Pop' }))).toBeCloseTo(32);
    expect(busiestLoad(given({ consumers: 0 }))).toBe(0);
  });
});
