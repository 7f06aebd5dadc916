import { describe, expect, it } from '@jest/globals';
import { remember } from './history.ts';
import type { GroupType, Sample } from './model.ts';
import { learnServiceRate, workOf, type ServiceRate, type ServiceRateInput } from './service-rate.ts';
import { settingsWith, START_MS } from './testing/feed.ts';

const POLL_MS = 2_000;
const unknown: ServiceRate = { learned: undefined, sampledAtMs: undefined, farOff: undefined };

interface Given {
  readonly groupType?: GroupType;
  readonly consumers?: number;
  /** By queue, over a minute: messages that wait at first, that come a second, and that are done a second. */
  readonly queues: readonly (readonly [lag: number, come: number, done: number])[];
  readonly watchedSeconds?: number;
  /** Messages that are committed at once at the end, in the first queue. */
  readonly jump?: number;
}

function watch({
  groupType = 'Queue',
  consumers = 2,
  queues,
  watchedSeconds = 60,
  jump = 0,
}: Given): ServiceRateInput {
  const settings = settingsWith({ groupType });
  let samples: readonly Sample[] = [];
  let atMs = START_MS;
  for (; atMs <= START_MS + 60_000; atMs += POLL_MS) {
    const seconds = (atMs - START_MS) / 1_000;
    const isLast = atMs === START_MS + 60_000;
    ({ samples } = remember(
      samples,
      queues.map(([lag, come, done], queueId) => ({
        broker: 'a',
        topic: 'T',
        queueId,
        oldestOffset: 0,
        newestOffset: 100_000 + lag + come * seconds,
        committedOffset: 100_000 + done * seconds + (isLast && queueId === 0 ? jump : 0),
        retry: false,
      })),
      atMs,
      settings,
    ));
  }
  const nowMs = atMs - POLL_MS;
  return {
    samples,
    settings,
    nowMs,
    consumers: { count: consumers, sinceAtMs: nowMs - watchedSeconds * 1_000 },
  };
}

const behind = [5_000, 30, 25] as const;
const upToDate = [60, 25, 25] as const;

describe('workOf', () => {
  it.each<readonly [string, Given, readonly number[]]>([
    ['all have enough to do', { queues: [behind, behind, behind, behind] }, [50, 50]],
    ['one has', { queues: [behind, behind, upToDate, upToDate] }, [50]],
    ['one queue of each has', { queues: [behind, upToDate, behind, upToDate] }, []],
    ['none has', { queues: [upToDate, upToDate, upToDate, upToDate] }, []],
    ['queues without messages say nothing', { queues: [behind, [0, 0, 0], behind, [0, 0, 0]] }, [25, 25]],
    [
      'a message that waits in each is no backlog',
      {
        queues: [
          [1, 0.3, 0.3],
          [1, 0.3, 0.3],
        ],
      },
      [],
    ],
    ['a queue that stands still says nothing', { queues: [[5_000, 30, 0], behind, behind, behind] }, [50]],
    ['gRPC clients are all alike', { groupType: 'Pop', queues: [behind, behind, upToDate, upToDate] }, [50]],
  ])('is of those that never had nothing to do: %s', (_what, given, saturated) => {
    expect(workOf(watch(given), 20_000)?.saturated).toEqual(saturated);
  });

  it('is unknown until members have been the same for long enough', () => {
    const after = (watchedSeconds: number, groupType: GroupType) =>
      workOf(watch({ queues: [behind, behind], watchedSeconds, groupType }), 20_000) !== undefined;
    expect([after(29, 'Queue'), after(31, 'Queue')]).toEqual([false, true]);
    expect([after(49, 'Orderly'), after(51, 'Orderly')]).toEqual([false, true]);
    expect(workOf(watch({ queues: [behind], consumers: 0 }), 20_000)).toBeUndefined();
  });
});

describe('learnServiceRate', () => {
  const learned = (perReplica: number, over: Partial<ServiceRate> = {}): ServiceRate => ({
    learned: { perReplica, samples: 3, templateHash: 'one', measuredAtMs: START_MS },
    sampledAtMs: undefined,
    farOff: undefined,
    ...over,
  });
  const fifty = watch({ queues: [behind, behind, behind, behind] });

  it('takes the first sample as it is, soon', () => {
    const soon = watch({ queues: [behind, behind, behind, behind], watchedSeconds: 21 });
    expect(learnServiceRate(soon, unknown, 'one', true).learned).toMatchObject({
      perReplica: 50,
      samples: 1,
    });
  });

  it('goes a quarter of the way to the next ones', () => {
    const next = learnServiceRate(fifty, learned(54), 'one', true);
    expect(next.learned).toMatchObject({ perReplica: 53, samples: 4, measuredAtMs: fifty.nowMs });
  });

  it('believes one that is far off at the second time', () => {
    const first = learnServiceRate(fifty, learned(100), 'one', true);
    expect(first.learned?.perReplica).toBe(100);
    const second = learnServiceRate(fifty, { ...first, sampledAtMs: undefined }, 'one', true);
    expect(second.learned?.perReplica).toBe(50);
    const otherWay = learnServiceRate(fifty, learned(100, { farOff: 0.5 }), 'one', true);
    expect(otherWay.learned?.perReplica).toBe(100);
  });

  it('does not look at the same time twice', () => {
    const state = learned(54, { sampledAtMs: fifty.nowMs - 4_000 });
    expect(learnServiceRate(fifty, state, 'one', true)).toEqual(state);
  });

  it('begins anew with other pods, and learns nothing from two kinds of them', () => {
    expect(learnServiceRate(fifty, learned(54), 'two', true).learned).toEqual({
      perReplica: 50,
      samples: 1,
      templateHash: 'two',
      measuredAtMs: fifty.nowMs,
    });
    expect(learnServiceRate(fifty, learned(54), undefined, true)).toEqual(learned(54));
  });

  it('does not fall while a bottleneck explains it', () => {
    expect(learnServiceRate(fifty, learned(60), 'one', false).learned?.perReplica).toBe(60);
    expect(learnServiceRate(fifty, learned(48), 'one', false).learned?.perReplica).toBe(48.5);
  });

  it('rises to what somebody was seen to do, but not by a commit that came late', () => {
    const fast = watch({ queues: [[60, 40, 40], [60, 40, 40], upToDate, upToDate] });
    expect(learnServiceRate(fast, learned(60), 'one', true).learned?.perReplica).toBe(80);
    const late = watch({ queues: [[9_000, 40, 0], [60, 40, 40], upToDate, upToDate], jump: 9_000 });
    expect(learnServiceRate(late, learned(60), 'one', true).learned?.perReplica).toBe(60);
  });
});
