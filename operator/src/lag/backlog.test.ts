import { describe, expect, it } from '@jest/globals';
import type { TopicStats } from '../rocketmq/mod.ts';
import { backlogOf, deadLettersOf, topicsFor, totalOf, type Heard } from './backlog.ts';

const queues = (...ends: readonly (readonly [min: number, max: number])[]): TopicStats => ({
  queues: ends.map(([minOffset, maxOffset], queueId) => ({
    brokerName: 'a',
    topic: 't',
    queueId,
    minOffset,
    maxOffset,
    lastUpdateTimestamp: 0,
  })),
});
const places = (topics: Readonly<Record<string, Readonly<Record<number, number>>>>) =>
  new Map([
    [
      'g',
      new Map(
        Object.entries(topics).map(([topic, byQueue]) => [
          topic,
          new Map(Object.entries(byQueue).map(([queueId, offset]) => [Number(queueId), offset])),
        ]),
      ),
    ],
  ]);
const heard = (
  topics: Parameters<typeof places>[0],
  stats: Readonly<Record<string, TopicStats | 'Absent'>>,
): Heard => ({ offsets: places(topics), stats: new Map(Object.entries(stats)) });

describe('backlogOf', () => {
  it.each<readonly [string, Readonly<Record<number, number>>, TopicStats, number, number]>([
    ['read to the end', { 0: 5 }, queues([0, 5]), 0, 0],
    ['behind', { 0: 2, 1: 5 }, queues([0, 5], [0, 6]), 4, 0],
    ['behind messages that are gone since', { 0: 2 }, queues([4, 5]), 1, 0],
    ['behind a queue that is empty by now', { 0: 2 }, queues([5, 5]), 0, 0],
    ['ahead, as after a reset of the broker', { 0: 9 }, queues([0, 5]), 0, 0],
    ['without a place in a queue that has messages', { 0: 5 }, queues([0, 5], [0, 3]), 0, 1],
    ['without a place in a queue that has none', { 0: 5 }, queues([0, 5], [3, 3]), 0, 0],
  ])('%s', (_what, byQueue, stats, messages, unplacedQueues) => {
    const backlog = backlogOf('g', [heard({ t: byQueue }, { t: stats })]);
    expect(backlog).toEqual({ topics: new Map([['t', messages]]), unplacedQueues });
  });

  it('adds up masters and topics, those of retries among them', () => {
    const backlog = backlogOf('g', [
      heard({ t: { 0: 1 }, '%RETRY%g': { 0: 0 } }, { t: queues([0, 5]), '%RETRY%g': queues([0, 2]) }),
      heard({ t: { 0: 4 } }, { t: queues([0, 5]) }),
    ]);
    expect(backlog?.topics).toEqual(
      new Map([
        ['t', 5],
        ['%RETRY%g', 2],
      ]),
    );
    expect(backlog === undefined ? 0 : totalOf(backlog)).toBe(7);
  });

  it.each<readonly [string, readonly Heard[]]>([
    [
      'a master that says nothing',
      [heard({ t: { 0: 1 } }, { t: queues([0, 5]) }), { offsets: undefined, stats: new Map() }],
    ],
    ['a master that did not tell of a topic', [heard({ t: { 0: 1 } }, {})]],
    ['no place anywhere', [heard({}, {})]],
    ['places in nothing but what was deleted', [heard({ t: { 0: 1 } }, { t: 'Absent' })]],
  ])('is unknown with %s', (_what, masters) => {
    expect(backlogOf('g', masters)).toBeUndefined();
  });
});

describe('deadLettersOf', () => {
  it('counts what is there', () => {
    const stats = (told: TopicStats | 'Absent') => heard({}, { '%DLQ%g': told });
    expect(deadLettersOf('g', [stats(queues([2, 5])), stats('Absent'), stats(queues([0, 1]))])).toBe(4);
    expect(deadLettersOf('g', [stats('Absent')])).toBe(0);
  });

  it('is unknown while a master does not say', () => {
    expect(deadLettersOf('g', [heard({}, {}), heard({}, { '%DLQ%g': 'Absent' })])).toBeUndefined();
  });
});

describe('topicsFor', () => {
  it('is each topic once, and the dead letters of each group', () => {
    const offsets = new Map([
      ['g', new Map([['t', new Map()]])],
      ['h', new Map([['t', new Map()]])],
      ['other', new Map([['u', new Map()]])],
    ]);
    expect(topicsFor(['g', 'h', 'idle'], offsets)).toEqual(['t', '%DLQ%g', '%DLQ%h', '%DLQ%idle']);
  });
});
