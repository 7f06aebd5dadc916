import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decide } from './decide.ts';
import type { Decision, GroupType, ScalingSettings } from './model.ts';
import { Feed } from './testing/feed.ts';
import { initialState } from './track.ts';
import { ACT_AGAIN_MS, DOWN_INTERVAL_MS, GROWTH_WHILE_STARTING } from './tuning.ts';

const groupTypes: readonly GroupType[] = ['Queue', 'Orderly', 'Pop', 'PopFifo'];

const settings = fc
  .record({
    groupType: fc.constantFrom(...groupTypes),
    minReplicas: fc.integer({ min: 0, max: 3 }),
    maxReplicas: fc.integer({ min: 3, max: 40 }),
    sloSeconds: fc.constantFrom(10, 30, 60),
    hint: fc.option(fc.integer({ min: 5, max: 200 }), { nil: undefined }),
    fallback: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
  })
  .map(({ hint, fallback, ...rest }): Partial<ScalingSettings> => ({
    ...rest,
    drainSeconds: rest.sloSeconds,
    ...(hint === undefined ? {} : { serviceRateHint: hint }),
    ...(fallback === undefined ? {} : { fallbackReplicas: fallback }),
  }));

/** Something that happens between two looks. */
const happening = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('Flow' as const),
      seconds: fc.constantFrom(2, 2, 2, 3, 20, 200),
      come: fc.integer({ min: 0, max: 3_000 }),
      done: fc.integer({ min: 0, max: 3_000 }),
      looks: fc.integer({ min: 1, max: 70 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('Silence' as const), looks: fc.integer({ min: 1, max: 60 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('Reset' as const), back: fc.integer({ min: 1, max: 9_000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('Clock' as const),
      byMs: fc.integer({ min: -9_000_000, max: 9_000_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('Restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('Rollout' as const), isOn: fc.boolean() }) },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

interface Seen {
  readonly atMs: number;
  readonly before: number;
  readonly decision: Decision;
  readonly isComplete: boolean;
  readonly isRolling: boolean;
  /** Since the last reset, silence, jump of the clock or restart. */
  readonly calmMs: number;
}

function play(over: Partial<ScalingSettings>, start: number, story: readonly Happening[]): readonly Seen[] {
  const feed = new Feed({ replicas: Math.min(start, over.maxReplicas ?? 32), settings: over });
  feed.startUpSeconds = 15;
  const seen: Seen[] = [];
  let calmSinceMs = feed.atMs;
  const look = () => {
    const before = feed.replicas;
    const decision = feed.look();
    const isComplete = feed.over.queues === undefined;
    if (!isComplete) calmSinceMs = feed.atMs;
    const isRolling = feed.rollout !== 'Settled';
    seen.push({ atMs: feed.atMs, before, decision, isComplete, isRolling, calmMs: feed.atMs - calmSinceMs });
  };
  for (const each of story) {
    switch (each.kind) {
      case 'Flow':
        for (let index = 0; index < each.looks; index += 1) {
          feed.pass(each.seconds, each);
          if (each.seconds > 8) calmSinceMs = feed.atMs;
          look();
        }
        break;
      case 'Silence':
        feed.over = { queues: { kind: 'Partial', silent: ['broker-a'] } };
        for (let index = 0; index < each.looks; index += 1) {
          feed.pass(2, { come: 100, done: 50 });
          look();
        }
        feed.over = {};
        break;
      case 'Reset':
        feed.committed = feed.committed.map((offset) => Math.max(0, offset - each.back));
        calmSinceMs = feed.atMs;
        break;
      case 'Clock':
        feed.atMs += each.byMs;
        calmSinceMs = feed.atMs;
        break;
      case 'Restart':
        feed.state = initialState(feed.state.learned);
        calmSinceMs = feed.atMs;
        break;
      case 'Rollout':
        feed.rollout = each.isOn ? 'Rolling' : 'Settled';
        break;
      default:
        each satisfies never;
    }
  }
  return seen;
}

const stories = fc.tuple(
  settings,
  fc.integer({ min: 1, max: 20 }),
  fc.array(happening, { minLength: 1, maxLength: 10 }),
);
/** Who breaks a rule in any story. @param broken those of one story */
const breaches = (broken: (seen: readonly Seen[], over: Partial<ScalingSettings>) => readonly Seen[]) =>
  fc.check(
    fc.property(stories, ([over, start, story]) => broken(play(over, start, story), over).length === 0),
    { numRuns: 25 },
  ).counterexample;

describe('decide, whatever happens', () => {
  it('never asks for fewer on partial or regressing data, in a rollout, or before it has seen a whole window', () => {
    const found = breaches((seen) =>
      seen.filter(({ before, decision: { replicas, reason }, isComplete, isRolling, calmMs }) => {
        if (replicas >= before) return false;
        const leastMs = reason.kind === 'Bottleneck' ? 0 : reason.kind === 'Idle' ? 60_000 : 115_000;
        return !isComplete || isRolling || calmMs < leastMs;
      }),
    );
    expect(found).toBeNull();
  });

  it('never goes beyond the bound or the maximum, or below the minimum', () => {
    const found = breaches((seen, { groupType, maxReplicas = 32, minReplicas = 1 }) =>
      seen.filter(({ before, decision: { replicas, reason } }) => {
        const bound =
          groupType === 'Pop' || reason.kind === 'Fallback' ? maxReplicas : Math.min(maxReplicas, 16);
        return replicas > before
          ? replicas > Math.max(bound, minReplicas)
          : replicas < before && replicas < minReplicas;
      }),
    );
    expect(found).toBeNull();
  });

  it('never acts twice while the last step settles, unless the need has grown by a fifth', () => {
    const forced = new Set(['BelowMinimum', 'AboveBound', 'Fallback', 'Wake']);
    const found = breaches((seen) => {
      const acts = seen.filter(({ before, decision }) => decision.replicas !== before);
      return acts.filter(({ atMs, before, decision: { replicas, reason } }, index) => {
        const last = acts[index - 1];
        // Whether a clock was set back shows in the time.
        if (last === undefined || forced.has(reason.kind) || atMs < last.atMs) return false;
        const wasUp = last.decision.replicas > last.before;
        if (replicas < before) return atMs - last.atMs < DOWN_INTERVAL_MS;
        return atMs - last.atMs < ACT_AGAIN_MS && !(wasUp && replicas > GROWTH_WHILE_STARTING * before);
      });
    });
    expect(found).toBeNull();
  });

  it('gives the same again for the same', () => {
    fc.assert(
      fc.property(stories, ([over, start, story]) => {
        const feed = new Feed({ replicas: start, settings: over });
        for (const each of story) if (each.kind === 'Flow') feed.run(each.looks * 2, each);
        const observation = feed.observation();
        expect(decide(feed.settings, feed.state, observation)).toEqual(
          decide(feed.settings, feed.state, observation),
        );
      }),
      { numRuns: 10 },
    );
  });
});

describe('decide, with a lag that stays', () => {
  it('never asks for fewer when more comes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...groupTypes),
        fc.integer({ min: 0, max: 2_000 }),
        fc.integer({ min: 0, max: 2_000 }),
        fc.integer({ min: 0, max: 500 }),
        (groupType, one, other, lag) => {
          const replicasAt = (rate: number) => {
            const feed = new Feed({ replicas: 4, lag, settings: { groupType, serviceRateHint: 50 } });
            feed.writes = false;
            // Nothing is learned from two kinds of pods: what one handles is to be the same in both.
            feed.rollout = 'Rolling';
            return feed.run(180, { come: rate, done: rate }).map(({ replicas }) => replicas);
          };
          const [less, more] = [replicasAt(Math.min(one, other)), replicasAt(Math.max(one, other))];
          for (const [index, replicas] of less.entries())
            expect(more[index]).toBeGreaterThanOrEqual(replicas);
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe('decide, after a restart', () => {
  it('decides as if there had been none, from what the status holds', () => {
    fc.assert(
      fc.property(fc.constantFrom(...groupTypes), fc.integer({ min: 20, max: 700 }), (groupType, rate) => {
        const flow = { come: rate, done: rate };
        const feed = new Feed({ replicas: 4, settings: { groupType, serviceRateHint: 50 } });
        feed.run(600, flow);
        const { learned } = feed.state;
        expect(JSON.parse(JSON.stringify(learned))).toEqual(learned);
        const before = feed.replicas;
        feed.state = initialState(learned);
        const decisions = feed.run(300, flow);
        expect(decisions.filter(({ replicas }) => replicas !== before)).toEqual([]);
        expect(feed.state.learned.serviceRate).toEqual(learned.serviceRate);
      }),
      { numRuns: 10 },
    );
  });
});
