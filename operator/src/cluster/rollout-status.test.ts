import { describe, expect, it } from '@jest/globals';
import type { RestartReason } from './restart-reasons.ts';
import { rolloutStatus, type RolloutStatus } from './rollout-status.ts';
import { decideRollout, pausedRollout, type Member, type Rollout } from './rollout.ts';
import { brokerView } from './testing/groups.ts';

const startedAt = '2026-06-01T12:00:00Z';
const nowMs = Date.parse(startedAt);
const image: RestartReason = { cause: 'ImageChanged', what: 'the image' };

const old = (pod: string, over: Partial<Member> = {}): Member => ({
  ...brokerView(pod),
  revision: 'old',
  target: 'new',
  ...over,
});
const fresh = (pod: string, over: Partial<Member> = {}): Member => old(pod, { revision: 'new', ...over });

function missing(pod: string): Member {
  const { revision: _none, ...rest } = old(pod, { phase: 'Missing', healthy: false });
  return rest;
}

function look(
  members: readonly Member[],
  before?: RolloutStatus,
  rollout: Rollout = decideRollout(members),
  at = nowMs,
): RolloutStatus | undefined {
  const reasons = new Map(
    [...rollout.restarts, ...rollout.waiting].map(({ pod }) => [pod, [image]] as const),
  );
  return rolloutStatus({ members, rollout, reasons, before, nowMs: at });
}

const began: RolloutStatus = {
  changes: 'ImageChanged: the image',
  progress: '0/3',
  updated: 0,
  total: 3,
  step: 'Restarting',
  pod: 'a-0',
  startedAt,
};
const master = { leads: true };

describe('status.rollout', () => {
  it('is absent while nothing rolls, whatever else is the matter', () => {
    expect(look([fresh('a-0'), fresh('a-1')])).toBeUndefined();
    expect(look([fresh('a-0', { phase: 'Down', healthy: false }), fresh('a-1')])).toBeUndefined();
  });

  it.each<[string, readonly Member[], RolloutStatus | undefined, Partial<RolloutStatus>]>([
    ['begins', [old('a-0'), old('a-1', master), old('a-2')], undefined, began],
    [
      'follows the pod down',
      [old('a-0', { phase: 'Terminating', healthy: false }), old('a-1', master), old('a-2')],
      began,
      { step: 'Restarting', pod: 'a-0', waitingFor: 'a-0 stops', progress: '0/3' },
    ],
    [
      'while there is none',
      [missing('a-0'), old('a-1', master), old('a-2')],
      began,
      { step: 'Restarting', pod: 'a-0', waitingFor: 'a-0 is made again' },
    ],
    [
      'and up again',
      [fresh('a-0', { phase: 'Up', healthy: false, inSync: false }), old('a-1', master), old('a-2')],
      began,
      { step: 'Restarting', pod: 'a-0', waitingFor: 'a-0 takes part again', progress: '0/3' },
    ],
    [
      'waits for it to stay',
      [fresh('a-0', { readyForMs: 0 }), old('a-1', master), old('a-2')],
      began,
      { step: 'Waiting', waitingFor: 'a-0 has only just become ready', progress: '1/3' },
    ],
    [
      'goes on with the next',
      [fresh('a-0'), old('a-1', master), old('a-2')],
      began,
      { step: 'Restarting', pod: 'a-2', progress: '1/3' },
    ],
    [
      'hands over before the last',
      [fresh('a-0'), old('a-1', master), fresh('a-2')],
      began,
      { step: 'HandingOver', pod: 'a-1', waitingFor: 'a-0 becomes master of a', progress: '2/3' },
    ],
    [
      'does not end before the last is back',
      [fresh('a-0', master), fresh('a-1', { phase: 'Starting', healthy: false }), fresh('a-2')],
      { ...began, pod: 'a-1' },
      { step: 'Restarting', pod: 'a-1', waitingFor: 'a-1 starts', progress: '2/3', changes: began.changes },
    ],
    [
      'stays where it was while somebody is silent',
      [fresh('a-0', { healthy: undefined }), old('a-1', master), old('a-2')],
      began,
      { step: 'Waiting', waitingFor: 'a-0 does not answer', progress: '1/3' },
    ],
  ])('%s', (_name, members, before, expected) => {
    expect(look(members, before, decideRollout(members), nowMs + 60_000)).toMatchObject({
      total: 3,
      ...expected,
      startedAt: before === undefined ? '2026-06-01T12:01:00Z' : startedAt,
    });
  });

  it('ends with the last', () => {
    expect(
      look([fresh('a-0', master), fresh('a-1'), fresh('a-2')], { ...began, pod: 'a-1' }),
    ).toBeUndefined();
  });

  it('says that it is paused, or held until a window', () => {
    const members = [old('a-0'), old('a-1', master)];
    expect(look(members, undefined, pausedRollout(members))).toMatchObject({
      step: 'Waiting',
      waitingFor: 'the cluster is paused',
      progress: '0/2',
    });
    const held = decideRollout(members, { open: false, why: 'the next maintenance window opens at noon' });
    expect(look(members, undefined, held)).toMatchObject({
      step: 'Waiting',
      waitingFor: 'the next maintenance window opens at noon',
    });
  });

  it('is the same from one look to the next while nothing moves', () => {
    const members = [old('a-0', { phase: 'Terminating', healthy: false }), old('a-1', master), old('a-2')];
    const first = look(members, began);
    expect(look(members, first, decideRollout(members), nowMs + 30_000)).toEqual(first);
  });
});
