import { describe, expect, it } from '@jest/globals';
import { capOf, judge, nextCut, startTrial, type BottleneckInput } from './bottleneck.ts';
import type { Cap, Trial } from './model.ts';
import { settingsWith, START_MS } from './testing/feed.ts';

const MINUTE_MS = 60_000;
const input = (over: Partial<BottleneckInput> = {}): BottleneckInput => ({
  settings: settingsWith({ groupType: 'Pop' }),
  layout: { queues: [], topics: [{ first: 0, count: 16, retry: false }] },
  nowMs: START_MS,
  replicas: 8,
  consumers: 8,
  saturated: true,
  consumeRate: 200,
  serviceRate: 50,
  fell: undefined,
  cap: undefined,
  trial: undefined,
  ...over,
});
const trial = (over: Partial<Trial> = {}): Trial => ({
  kind: 'Raise',
  atMs: START_MS - MINUTE_MS,
  from: 4,
  to: 8,
  consumeRate: 200,
  serviceRate: 50,
  ...over,
});
const cap = (over: Partial<Cap> = {}): Cap => ({
  replicas: 6,
  untilAtMs: START_MS + MINUTE_MS,
  holdMs: 300_000,
  ...over,
});

describe('startTrial', () => {
  const stepped = { from: 8, to: 16 };
  it('is a larger step while all have enough to do', () => {
    expect(startTrial(input(), stepped)).toEqual({
      kind: 'Raise',
      atMs: START_MS,
      ...stepped,
      consumeRate: 200,
      serviceRate: 50,
    });
  });

  it('remembers the rate from before it fell', () => {
    const fell = { atMs: START_MS - MINUTE_MS, from: 80, isOwn: false };
    expect(startTrial(input({ fell }), stepped)?.serviceRate).toBe(80);
    const longAgo = { ...fell, atMs: START_MS - 11 * MINUTE_MS };
    expect(startTrial(input({ fell: longAgo }), stepped)?.serviceRate).toBe(50);
  });

  it.each<readonly [string, Partial<BottleneckInput>, { from: number; to: number }]>([
    ['some had nothing to do', { saturated: false }, stepped],
    ['members have just changed', { saturated: undefined }, stepped],
    ['pods still start', { consumers: 6 }, stepped],
    ['nobody knows what one handles', { serviceRate: undefined }, stepped],
    ['the step is small', {}, { from: 8, to: 9 }],
    ['there are fewer', {}, { from: 8, to: 4 }],
  ])('is none when %s', (_what, over, step) => {
    expect(startTrial(input(over), step)).toBeUndefined();
  });

  it('goes on with further steps', () => {
    const next = startTrial(input({ trial: trial({ to: 8 }) }), { from: 8, to: 12 });
    expect(next).toMatchObject({ from: 4, to: 12, atMs: START_MS });
  });
});

describe('judge', () => {
  it.each<readonly [string, number, boolean]>([
    ['twice as many do as much', 200, true],
    ['twice as many do a fifth more', 240, true],
    ['twice as many do a quarter more', 250, false],
    ['twice as many do twice as much', 400, false],
  ])('when %s', (_what, consumeRate, isCapped) => {
    const verdict = judge(input({ trial: trial(), consumeRate }));
    const capped = {
      cap: { replicas: 4, untilAtMs: START_MS + 300_000, holdMs: 300_000 },
      trial: trial({ kind: 'Settled' }),
      serviceRate: 50,
    };
    expect(verdict).toEqual(isCapped ? capped : { cap: undefined, trial: undefined, isOwn: true });
  });

  it('measures owners of queues by what the busiest is relieved of', () => {
    // With 16 queues 15 replicas are worth 8.
    const settings = settingsWith({ groupType: 'Queue' });
    const raised = trial({ from: 8, to: 15 });
    expect(judge(input({ settings, trial: raised, replicas: 15, consumers: 15 })).cap).toBeUndefined();
  });

  it.each<readonly [string, Partial<BottleneckInput>]>([
    ['pods still start', { consumers: 7 }],
    ['members have just changed', { saturated: undefined }],
  ])('waits while %s', (_what, over) => {
    expect(judge(input({ trial: trial(), ...over }))).toEqual({ cap: undefined, trial: trial() });
  });

  it.each<readonly [string, Partial<BottleneckInput>]>([
    ['they have not enough to do any more', { saturated: false }],
    ['it takes too long', { trial: trial({ atMs: START_MS - 6 * MINUTE_MS }) }],
  ])('says nothing when %s', (_what, over) => {
    expect(judge(input({ trial: trial(), ...over }))).toEqual({ cap: undefined, trial: undefined });
  });

  it('holds for twice as long the next time, and for half an hour at most', () => {
    const next = (holdMs: number, endedMs: number) =>
      judge(input({ trial: trial(), cap: cap({ holdMs, untilAtMs: START_MS - endedMs }) })).cap?.holdMs;
    expect(next(300_000, MINUTE_MS)).toBe(600_000);
    expect(next(1_800_000, MINUTE_MS)).toBe(1_800_000);
    expect(next(600_000, 31 * MINUTE_MS)).toBe(300_000);
  });

  it('cuts further only where replicas did much less than they could', () => {
    const idle = trial({ from: 8, to: 16 });
    const judged = judge(input({ trial: idle, replicas: 16, consumers: 16 }));
    expect(judged).toMatchObject({ cap: { replicas: 8 }, trial: undefined });
  });

  it('ends a cap as soon as replicas do nearly what they can', () => {
    expect(judge(input({ cap: cap(), consumeRate: 8 * 39 })).cap).toEqual(cap());
    expect(judge(input({ cap: cap(), consumeRate: 8 * 41 })).cap).toBeUndefined();
    const settled = trial({ kind: 'Settled', consumeRate: 300 });
    expect(judge(input({ cap: cap(), trial: settled, consumeRate: 8 * 46 })).cap).toEqual(cap());
    expect(judge(input({ cap: cap(), trial: settled, consumeRate: 8 * 47 })).cap).toBeUndefined();
  });

  it('keeps what fewer did as well, and takes back what they did not', () => {
    const cut = trial({ kind: 'Cut', from: 12, to: 8, consumeRate: 250 });
    const judged = (consumeRate: number) =>
      judge(input({ cap: cap({ replicas: 12 }), trial: cut, consumeRate }));
    expect(judged(240)).toMatchObject({ cap: { replicas: 8 }, serviceRate: 50 });
    expect(judged(220)).toMatchObject({ cap: { replicas: 12 }, trial: { kind: 'Settled' } });
    expect(judge(input({ trial: cut, consumeRate: 240 })).cap?.replicas).toBe(8);
    expect(judge(input({ trial: cut, consumeRate: 220 }))).toEqual({
      cap: undefined,
      trial: undefined,
      isOwn: true,
    });
  });
});

describe('nextCut', () => {
  const counts = [1, 2, 3, 4, 6, 8];
  const fell = { atMs: START_MS, from: 50, isOwn: false };
  it.each<readonly [string, Partial<BottleneckInput>, number | undefined]>([
    ['a cap under which they do half of what they could', { cap: cap(), consumeRate: 200 }, 4],
    ['a cap under which they do nearly what they could', { cap: cap(), consumeRate: 250 }, undefined],
    ['a rate that fell where no more can be tried', { fell, serviceRate: 25 }, 4],
    [
      'a rate that fell where more can be tried',
      { fell, serviceRate: 25, replicas: 6, consumers: 6 },
      undefined,
    ],
    ['a rate that fell, and more did more', { fell: { ...fell, isOwn: true }, serviceRate: 25 }, undefined],
    ['nothing that fell', { serviceRate: 25 }, undefined],
    ['a cap, and some have nothing to do', { cap: cap(), saturated: false }, undefined],
    ['a cap, and pods that start', { cap: cap(), consumers: 7 }, undefined],
    ['a cap, and another trial', { cap: cap(), trial: trial() }, undefined],
  ])('with %s', (_what, over, to) => {
    expect(nextCut(input(over), counts)?.to).toBe(to);
  });
});

describe('capOf', () => {
  it.each([
    [cap(), 6],
    [cap({ untilAtMs: START_MS - MINUTE_MS }), 9],
    [cap({ untilAtMs: START_MS - 31 * MINUTE_MS }), Infinity],
    [undefined, Infinity],
  ])('of %j lets %d through', (given, most) => {
    expect(capOf(given, START_MS)).toBe(most);
  });
});
