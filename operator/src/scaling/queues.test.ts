import { describe, expect, it } from '@jest/globals';
import type { TopicStats } from '../rocketmq/mod.ts';
import { queuesOf, topicsOf, type HeardQueues } from './queues.ts';

const offsets = (topics: Readonly<Record<string, Readonly<Record<number, number>>>>) =>
  new Map(
    Object.entries(topics).map(([topic, places]) => [
      topic,
      new Map(Object.entries(places).map(([queueId, offset]) => [Number(queueId), offset])),
    ]),
  );
const stats = (...ends: readonly (readonly [number, number])[]): TopicStats => ({
  queues: ends.map(([minOffset, maxOffset], queueId) => ({
    brokerName: 'a',
    topic: '',
    queueId,
    minOffset,
    maxOffset,
    lastUpdateTimestamp: 0,
  })),
});
const heard = (
  broker: string,
  places: Parameters<typeof offsets>[0],
  told: Readonly<Record<string, TopicStats | 'Absent'>>,
): HeardQueues => ({ broker, offsets: offsets(places), stats: new Map(Object.entries(told)) });

describe('topicsOf', () => {
  it('is what the group has a place in on any master, and the topics of its retries', () => {
    const places = [
      new Map([['g', offsets({ t: { 0: 1 } })]]),
      new Map([['g', offsets({ '%RETRY%g': {} })]]),
    ];
    expect(topicsOf('g', places)).toEqual(['t', '%RETRY%g', '%RETRY%g_t', '%RETRY%g+t']);
  });

  it('is nothing of a group that has never consumed', () => expect(topicsOf('g', [new Map()])).toEqual([]));
});

describe('queuesOf', () => {
  it('tells a place that the group does not have from one at the beginning', () => {
    const told = queuesOf(['t'], [heard('a', { t: { 0: 0 } }, { t: stats([0, 5], [2, 5]) })]);
    const queue = { broker: 'a', topic: 't', oldestOffset: 0, newestOffset: 5, retry: false };
    expect(told).toEqual({
      kind: 'Complete',
      queues: [
        { ...queue, queueId: 0, committedOffset: 0 },
        { ...queue, queueId: 1, oldestOffset: 2 },
      ],
    });
  });

  it('has retries read from their beginning', () => {
    const told = queuesOf(['%RETRY%g'], [heard('a', {}, { '%RETRY%g': stats([3, 5]) })]);
    expect(told).toMatchObject({ queues: [{ retry: true, committedOffset: 3 }] });
  });

  it('passes over a topic that a master does not have', () => {
    const told = queuesOf(
      ['t'],
      [heard('a', { t: { 0: 1 } }, { t: stats([0, 1]) }), heard('b', { t: { 0: 1 } }, { t: 'Absent' })],
    );
    expect(told).toMatchObject({ kind: 'Complete', queues: [{ broker: 'a' }] });
  });

  it('is partial when one master does not tell of one topic', () => {
    const told = queuesOf(['t'], [heard('a', {}, { t: stats([0, 1]) }), heard('b', {}, {})]);
    expect(told).toEqual({ kind: 'Partial', silent: ['b of t'] });
  });

  it('knows nothing of a group that has never consumed', () =>
    expect(queuesOf([], [heard('a', {}, {})])).toMatchObject({ kind: 'Partial' }));
});
