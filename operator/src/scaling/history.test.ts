import { describe, expect, it } from '@jest/globals';
import { pollPeriodMs, remember } from './history.ts';
import type { ObservedQueue, Sample } from './model.ts';
import { settingsWith, START_MS } from './testing/feed.ts';

const settings = settingsWith();
const queue = (over: Partial<ObservedQueue> = {}): ObservedQueue => ({
  broker: 'broker-a',
  topic: 'ORDERS',
  queueId: 0,
  oldestOffset: 0,
  newestOffset: 100,
  committedOffset: 90,
  retry: false,
  ...over,
});
const begun = (...queues: readonly ObservedQueue[]): readonly Sample[] =>
  remember([], queues, START_MS, settings).samples;
const lagOf = (over: Partial<ObservedQueue>, initialPosition: 'First' | 'Last' = 'Last') =>
  remember([], [queue(over)], START_MS, settingsWith({ initialPosition })).samples[0]?.lag;

describe('pollPeriodMs', () => {
  it.each([
    [1, 2_000],
    [30, 2_000],
    [90, 6_000],
    [3_600, 15_000],
  ])('of an SLO of %i s is %i ms', (sloSeconds, periodMs) => {
    expect(pollPeriodMs({ sloSeconds })).toBe(periodMs);
  });
});

describe('remember', () => {
  it.each<readonly [string, Partial<ObservedQueue>, number]>([
    ['what is not read', {}, 10],
    ['nothing when all is read', { committedOffset: 100 }, 0],
    ['not what was deleted before it was read', { oldestOffset: 95 }, 5],
    ['nothing of a queue that is ahead, as after a broker lost messages', { committedOffset: 120 }, 0],
  ])('counts %s', (_what, over, lag) => {
    expect(lagOf(over)).toEqual([lag]);
  });

  it('takes a queue without a place as the clients begin in it', () => {
    const { committedOffset: _, ...unplaced } = queue({ oldestOffset: 40 });
    const lag = (initialPosition: 'First' | 'Last') =>
      remember([], [unplaced], START_MS, settingsWith({ initialPosition })).samples[0]?.lag;
    expect(lag('Last')).toEqual([0]);
    expect(lag('First')).toEqual([60]);
  });

  it('sorts queues as clients do, whatever the order of the answers', () => {
    const [sample] = begun(
      queue({ queueId: 10 }),
      queue({ topic: 'A', broker: 'b' }),
      queue({ queueId: 2 }),
      queue({ topic: 'A', broker: 'a', queueId: 9 }),
    );
    expect(sample?.layout.queues.map((each) => `${each.topic}/${each.broker}/${each.queueId}`)).toEqual([
      'A/a/9',
      'A/b/0',
      'ORDERS/broker-a/2',
      'ORDERS/broker-a/10',
    ]);
    expect(sample?.layout.topics).toEqual([
      { first: 0, count: 2, retry: false },
      { first: 2, count: 2, retry: false },
    ]);
  });

  it.each<readonly [string, readonly ObservedQueue[], number, number]>([
    ['the same queues two seconds later', [queue({ newestOffset: 110 })], 2_000, 2],
    ['a look that came much later', [queue()], 9_000, 1],
    ['a clock that was set back', [queue()], -1, 1],
    ['one more queue', [queue(), queue({ queueId: 1 })], 2_000, 1],
    ['a place that the group has given up', [queueWithout()], 2_000, 1],
  ])('with %s', (_what, queues, laterMs, samples) => {
    const history = remember(begun(queue()), queues, START_MS + laterMs, settings);
    expect(history.samples).toHaveLength(samples);
    expect(history.moved).toBeUndefined();
  });

  it.each<readonly [string, Partial<ObservedQueue>]>([
    ['the group was set back', { committedOffset: 80 }],
    ['the topic was made anew', { newestOffset: 3, committedOffset: 0 }],
  ])('begins anew when %s', (_what, over) => {
    const history = remember(begun(queue()), [queue(over)], START_MS + 2_000, settings);
    expect(history.samples).toHaveLength(1);
    expect(history.moved).toEqual({ broker: 'broker-a', topic: 'ORDERS', queueId: 0 });
  });

  it('remembers two minutes', () => {
    let samples: readonly Sample[] = [];
    for (let look = 0; look <= 200; look += 1)
      ({ samples } = remember(samples, [queue()], START_MS + look * 2_000, settings));
    expect(samples).toHaveLength(61);
  });

  it('knows since when a queue stands, which one without lag does not', () => {
    const later = (over: Partial<ObservedQueue>) =>
      remember(begun(queue()), [queue(over)], START_MS + 2_000, settings).samples.at(-1)?.movedAtMs;
    expect(later({ newestOffset: 120 })).toEqual([START_MS]);
    expect(later({ committedOffset: 91 })).toEqual([START_MS + 2_000]);
    const idle = remember(
      begun(queue({ committedOffset: 100 })),
      [queue({ committedOffset: 100 })],
      START_MS + 2_000,
      settings,
    );
    expect(idle.samples.at(-1)?.movedAtMs).toEqual([START_MS + 2_000]);
  });
});

function queueWithout(): ObservedQueue {
  const { committedOffset: _, ...rest } = queue();
  return rest;
}
