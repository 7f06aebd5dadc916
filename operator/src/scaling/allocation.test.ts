import { describe, expect, it } from '@jest/globals';
import { busiest, ownerOf, queueBound, usefulCounts } from './allocation.ts';
import type { Layout } from './model.ts';

const layout = (...topics: readonly (readonly [count: number, retry?: boolean])[]): Layout => {
  let first = 0;
  return {
    queues: [],
    topics: topics.map(([count, retry = false]) => {
      const topic = { first, count, retry };
      first += count;
      return topic;
    }),
  };
};

describe('ownerOf', () => {
  it.each([
    [16, 1, Array.from({ length: 16 }, () => 0)],
    [8, 3, [0, 0, 0, 1, 1, 1, 2, 2]],
    [4, 4, [0, 1, 2, 3]],
    [3, 5, [0, 1, 2]],
    [5, 2, [0, 0, 0, 1, 1]],
  ])('divides %i queues among %i clients in blocks, the larger ones first', (count, clients, owners) => {
    expect(owners.map((_owner, index) => ownerOf(index, count, clients))).toEqual(owners);
  });
});

describe('usefulCounts', () => {
  it.each([
    ['Queue', layout([16]), 32, [1, 2, 3, 4, 6, 8, 16]],
    ['Orderly', layout([12]), 12, [1, 2, 3, 4, 6, 12]],
    ['Queue', layout([16]), 8, [1, 2, 3, 4, 6, 8]],
    ['Queue', layout([7]), 7, [1, 2, 3, 4, 7]],
    ['Queue', layout([4], [8]), 8, [1, 2, 3, 4, 8]],
    ['Queue', layout([4], [2, true]), 4, [1, 2, 4]],
    ['Pop', layout([4]), 6, [1, 2, 3, 4, 5, 6]],
    ['PopFifo', layout([4]), 4, [1, 2, 3, 4]],
    ['Queue', layout(), 0, [1]],
  ] as const)('of a %s group are those that relieve the busiest client', (type, queues, bound, counts) => {
    expect(usefulCounts(type, queues, bound)).toEqual(counts);
  });
});

describe('busiest', () => {
  it('adds up topics, in each of which the same client has the larger block', () => {
    expect(busiest([1, 1, 1, 5, 5, 5], layout([3], [3]), 2)).toBe(12);
  });
});

describe('queueBound', () => {
  it('is the queues of the busiest topic, without retry topics', () => {
    expect(queueBound(layout([4], [12], [20, true]))).toBe(12);
    expect(queueBound(layout())).toBe(0);
  });
});
