import { describe, expect, it } from '@jest/globals';
import type { ObservedPod, ObservedTarget } from './model.ts';
import { podsOf } from './start-up.ts';
import { START_MS } from './testing/feed.ts';

const pod = (name: string, over: Partial<ObservedPod> = {}): ObservedPod => ({
  name,
  state: 'Ready',
  templateHash: 'one',
  ...over,
});
const target = (replicas: number, ...pods: readonly ObservedPod[]): ObservedTarget => ({
  replicas,
  pods,
  templateHash: 'one',
  rollout: 'Settled',
});
const waited = (name: string, seconds: number) => new Map([[name, START_MS - seconds * 1_000]]);

describe('podsOf', () => {
  it.each<readonly [string, ObservedTarget, number, number]>([
    ['those that are ready read', target(2, pod('a'), pod('b')), 2, 0],
    ['one that starts does not', target(2, pod('a'), pod('b', { state: 'Starting' })), 1, 1],
    [
      'one that is ready and no member does not',
      target(2, pod('a', { joined: true }), pod('b', { joined: false })),
      1,
      1,
    ],
    ['one that is not there yet is on its way', target(3, pod('a')), 1, 2],
    ['one that leaves does not count', target(1, pod('a'), pod('b', { state: 'Leaving' })), 1, 0],
    ['more than are asked for, as in a rollout', target(1, pod('a'), pod('b')), 2, 0],
  ])('%s', (_what, seen, consumers, starting) => {
    expect(podsOf(seen, new Map(), undefined, START_MS)).toMatchObject({ consumers, starting });
  });

  it('learns the longest start-up at once, and forgets it slowly', () => {
    const learned = (before: number | undefined, seconds: number) =>
      podsOf(target(1, pod('a')), waited('a', seconds), before, START_MS).learnedMs;
    expect(learned(undefined, 12)).toBe(12_000);
    expect(learned(12_000, 20)).toBe(20_000);
    expect(learned(20_000, 10)).toBe(19_000);
    expect(learned(undefined, 86_400)).toBe(600_000);
    expect(podsOf(target(1, pod('a')), new Map(), undefined, START_MS).learnedMs).toBeUndefined();
  });

  it('knows who should be there by now', () => {
    const late = (seconds: number, startupMs: number | undefined) =>
      podsOf(target(1, pod('a', { state: 'Starting' })), waited('a', seconds), startupMs, START_MS).overdue;
    expect(late(89, undefined)).toEqual([]);
    expect(late(91, undefined)).toEqual(['a']);
    expect(late(59, 5_000)).toEqual([]);
    expect(late(61, 5_000)).toEqual(['a']);
    expect(late(200, 100_000)).toEqual([]);
  });
});
