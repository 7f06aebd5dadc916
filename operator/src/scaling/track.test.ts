import { describe, expect, it } from '@jest/globals';
import type { ScalingState } from './model.ts';
import { Feed, settingsWith, START_MS } from './testing/feed.ts';
import { initialState, track, withClock } from './track.ts';

const settings = settingsWith();
const seen = (replicas: number) => new Feed({ replicas }).observation();
const after = (
  memory: Partial<ScalingState['memory']>,
  learned: ScalingState['learned'] = {},
): ScalingState => ({
  learned,
  memory: { ...initialState().memory, lastAtMs: START_MS - 2_000, ...memory },
});

describe('track', () => {
  it('sees nothing in the first look', () => {
    const tracked = track(initialState(), seen(4), settings);
    expect(tracked.stepped).toBeUndefined();
    expect(tracked.memory.replicas).toBe(4);
  });

  it.each<readonly [string, readonly (readonly [secondsAgo: number, replicas: number])[], boolean]>([
    ['its own step', [[2, 8]], false],
    [
      'its own step, after which it wants more',
      [
        [4, 8],
        [2, 12],
      ],
      false,
    ],
    ['a step that it wanted long ago', [[90, 8]], true],
    ['another number than it wanted', [[2, 12]], true],
    ['a step without any wish', [], true],
  ])('tells %s from one by hand', (_what, wanted, isByHand) => {
    const steps = wanted.map(([secondsAgo, replicas]) => ({ atMs: START_MS - secondsAgo * 1_000, replicas }));
    const tracked = track(after({ replicas: 4, wanted: steps }), seen(8), settings);
    expect(tracked.memory.byHandUntilAtMs).toBe(isByHand ? START_MS + 120_000 : undefined);
    expect(tracked.stepped).toEqual({ from: 4, to: 8 });
    expect(tracked.learned.lastScale).toEqual({ atMs: START_MS, replicas: 8, up: true });
  });

  it('calls nobody’s step by hand where others write the target', () => {
    const recommends = settingsWith({ actuator: 'Recommend' });
    expect(track(after({ replicas: 4 }), seen(8), recommends).memory.byHandUntilAtMs).toBeUndefined();
  });

  it('adopts what changed while nobody looked', () => {
    const lastScale = { atMs: START_MS - 500_000, replicas: 4, up: true };
    const tracked = track(after({}, { lastScale }), seen(6), settings);
    expect(tracked.learned.lastScale).toEqual({ atMs: START_MS, replicas: 6, up: true });
    expect(tracked.memory.byHandUntilAtMs).toBeUndefined();
  });

  it('knows an up that comes soon after a down', () => {
    const flapped = (minutesAgo: number) =>
      track(after({ replicas: 4, lastDownAtMs: START_MS - minutesAgo * 60_000 }), seen(8), settings).memory
        .flappedAtMs;
    expect([flapped(9), flapped(11)]).toEqual([START_MS, undefined]);
  });
});

describe('withClock', () => {
  const ahead = START_MS + 3_600_000;
  const learned: ScalingState['learned'] = {
    cap: { replicas: 4, untilAtMs: ahead, holdMs: 300_000 },
    lastScale: { atMs: ahead, replicas: 4, up: true },
    idleSinceAtMs: ahead,
  };

  it('leaves a clock alone that goes on', () => {
    const state = after({}, learned);
    expect(withClock(state, START_MS, settings)).toEqual(state);
  });

  it.each<readonly [string, Partial<ScalingState['memory']>, number | undefined]>([
    [
      'was set back',
      { lastAtMs: ahead, replicas: 4, byHandUntilAtMs: ahead, sampledAtMs: ahead },
      START_MS + 120_000,
    ],
    ['is another one, as after a restart', { lastAtMs: undefined }, undefined],
  ])('holds nothing until a time that is far ahead when the clock %s', (_what, memory, byHandUntilAtMs) => {
    const clocked = withClock(after(memory, learned), START_MS, settings);
    expect(clocked.learned).toEqual({
      cap: { replicas: 4, untilAtMs: START_MS + 300_000, holdMs: 300_000 },
      lastScale: { atMs: START_MS, replicas: 4, up: true },
      idleSinceAtMs: START_MS,
    });
    expect(clocked.memory.sampledAtMs).toBeUndefined();
    expect(clocked.memory.replicas).toBe(memory.replicas);
    expect(clocked.memory.byHandUntilAtMs).toBe(byHandUntilAtMs);
  });
});
