import { describe, expect, it } from '@jest/globals';
import type { GroupScalingStatus } from '../api/mod.ts';
import { changes } from './announce.ts';
import type { Reason } from './model.ts';
import { activityOf, decidedStatus, heldStatus } from './status.ts';

const now = Date.UTC(2026, 10, 29, 8);
const scaling = { status: 'True', reason: 'Scaling', message: 'm' } as const;
const figures = { serviceRateSamples: 0, consumers: 2, starting: 0 };
const decision = {
  replicas: 4,
  reason: { kind: 'Enough' } as const,
  findings: [],
  figures,
  state: { learned: {} },
};
const decided = { decision, currentReplicas: 2, lastScale: undefined, clients: undefined };
const status = (change: object = {}, activity: Parameters<typeof decidedStatus>[2] = scaling) =>
  decidedStatus(undefined, { ...decided, ...change }, activity, now);
const limitedBy = (...kinds: readonly ('QueueBound' | 'NothingConsumed')[]) => ({
  decision: {
    ...decision,
    findings: kinds.map((kind) =>
      kind === 'QueueBound' ? ({ kind, bound: 8 } as const) : ({ kind, sinceAtMs: now } as const),
    ),
  },
});

describe('activityOf', () => {
  it.each<readonly [Reason, string, string]>([
    [{ kind: 'Enough' }, 'True', 'Scaling'],
    [{ kind: 'Waiting', wanted: 1, until: 'Rollout' }, 'True', 'Scaling'],
    [{ kind: 'Incomplete', silent: ['broker-a'] }, 'Unknown', 'DataIncomplete'],
    [{ kind: 'Fallback', silent: ['broker-a'], staleMs: 1 }, 'Unknown', 'DataIncomplete'],
    [{ kind: 'Refused', because: 'Broadcast', rivals: [] }, 'False', 'Broadcast'],
    [{ kind: 'Refused', because: 'Rival', rivals: ['ScaledObject x'] }, 'False', 'Rival'],
  ])('%j', (reason, is, word) => {
    expect(activityOf(reason, 'Scale')).toMatchObject({ status: is, reason: word });
  });

  it('says that nothing is set where replicas are only recommended', () =>
    expect(activityOf({ kind: 'Enough' }, 'Recommend')).toMatchObject({ reason: 'Recommending' }));

  it('names who does not answer, and who else scales', () => {
    expect(activityOf({ kind: 'Incomplete', silent: ['broker-a'] }, 'Scale').message).toContain('broker-a');
    expect(
      activityOf({ kind: 'Refused', because: 'Rival', rivals: ['ScaledObject x'] }, 'Scale').message,
    ).toContain('ScaledObject x');
  });
});

describe('the status', () => {
  it('tells what was observed in coarse steps, and nothing of what is unknown', () => {
    const known = { ...figures, lag: 1_234, headAgeMs: 9_999, arrivalRate: 12, predictedWaitMs: Infinity };
    expect(status({ decision: { ...decision, figures: known } }).inputs).toEqual({
      lag: 1_000,
      oldestSeconds: 0,
      arrivalsPerMinute: 500,
      consumers: 2,
      starting: 0,
    });
    expect(status().inputs).toEqual({ consumers: 2, starting: 0 });
  });

  it('has a condition for what replicas alone do not change, and all of it in the message', () => {
    const { conditions } = status(limitedBy('QueueBound', 'NothingConsumed'));
    expect(conditions?.map(({ type, reason }) => [type, reason])).toEqual([
      ['ScalingActive', 'Scaling'],
      ['ScalingLimited', 'QueueBound'],
    ]);
    expect(conditions?.[1]?.message).toMatch(/8 replicas.*nothing has been committed/);
  });

  it('keeps what was learned while nothing can be decided', () => {
    const before = { ...status(limitedBy('QueueBound')), learned: { startupMs: 5 } };
    const held = { status: 'False', reason: 'TargetNotFound', message: 'gone' } as const;
    expect(heldStatus(before, held, now)).toEqual({
      reason: 'TargetNotFound',
      message: 'gone',
      learned: { startupMs: 5 },
      conditions: [{ type: 'ScalingActive', ...held, lastTransitionTime: '2026-11-29T08:00:00Z' }],
    });
  });
});

describe('events', () => {
  const reasons = (before: GroupScalingStatus | undefined, after: GroupScalingStatus) =>
    changes(before, after).map(({ reason }) => reason);
  const lastScale = { time: '2026-11-29T08:00:00Z', from: 2, to: 4, reason: 'Backlog' };
  const held = { status: 'Unknown', reason: 'DataIncomplete', message: 'm' } as const;

  it.each<readonly [string, GroupScalingStatus | undefined, GroupScalingStatus, readonly string[]]>([
    ['the first decision', undefined, status(), []],
    ['the same again', status(), status(), []],
    ['more', status(), status({ lastScale }), ['ScaledUp']],
    ['fewer', status(), status({ lastScale: { ...lastScale, to: 1 } }), ['ScaledDown']],
    ['by hand', status(), status({ lastScale: { ...lastScale, reason: 'ByHand' } }), ['ScaledByHand']],
    ['what was told before', status({ lastScale }), status({ lastScale }), []],
    ['held', status(), status({}, held), ['ScalingHeld']],
    ['held from the first look', undefined, status({}, held), ['ScalingHeld']],
    ['held as before', status({}, held), status({}, held), []],
    ['no longer held', status({}, held), status(), ['ScalingResumed']],
    ['limited', status(), status(limitedBy('QueueBound')), ['ScalingLimited']],
    ['limited as before', status(limitedBy('QueueBound')), status(limitedBy('QueueBound')), []],
  ])('%s', (_what, before, after, told) => expect(reasons(before, after)).toEqual(told));
});
