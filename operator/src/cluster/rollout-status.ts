/** How far a rollout has come, for the status. Pure: the status before says what is remembered of it. */
import type { RocketMQClusterStatus } from '../api/mod.ts';
import { toKubeTime } from '../kube/mod.ts';
import { describeReasons, type RestartReason } from './restart-reasons.ts';
import { isOutdated, type Member, type Rollout } from './rollout.ts';

export type RolloutStatus = NonNullable<RocketMQClusterStatus['rollout']>;

interface Step {
  readonly step: RolloutStatus['step'];
  readonly pod?: string;
  readonly waitingFor?: string;
}

/**
 * Nothing once the last member is back. Only what changes with a step is in it, so that it is written once a step.
 *
 * @param before what the status said; absent when nothing was rolled
 */
export function rolloutStatus(options: {
  readonly members: readonly Member[];
  readonly rollout: Rollout;
  /** By pod, of those that run an older revision. */
  readonly reasons: ReadonlyMap<string, readonly RestartReason[]>;
  readonly before: RolloutStatus | undefined;
  readonly nowMs: number;
}): RolloutStatus | undefined {
  const { members, rollout, before } = options;
  const outdated = members.filter(isOutdated);
  const onTheWay = members.find(
    (member) => member.pod === before?.pod && !isOutdated(member) && !isBack(member),
  );
  const left = outdated.length + (onTheWay === undefined ? 0 : 1);
  if (left === 0) return undefined;
  const total = Math.max(before?.total ?? 0, left);
  const updated = total - left;
  const changes = changesOf(options.reasons);
  return {
    changes: changes === '' ? (before?.changes ?? 'a restart') : changes,
    progress: `${updated}/${total}`,
    updated,
    total,
    ...stepOf(rollout, onTheWay),
    startedAt: before?.startedAt ?? toKubeTime(options.nowMs),
  };
}

/** Silence does not undo what was seen. */
function isBack({ phase, healthy }: Member): boolean {
  return phase === 'Up' && healthy !== false;
}

function changesOf(reasons: ReadonlyMap<string, readonly RestartReason[]>): string {
  const each = [...reasons.values()].map((own) => describeReasons(own));
  return [...new Set(each)].join('; ').slice(0, 512);
}

function stepOf(rollout: Rollout, onTheWay: Member | undefined): Step {
  const [first] = rollout.restarts;
  if (first !== undefined) return { step: 'Restarting', pod: first.pod };
  if (rollout.handOver !== undefined) {
    const { from, to, group } = rollout.handOver;
    return { step: 'HandingOver', pod: from, waitingFor: `${to} becomes master of ${group}` };
  }
  if (onTheWay !== undefined) {
    return { step: 'Restarting', pod: onTheWay.pod, waitingFor: `${onTheWay.pod} ${words(onTheWay)}` };
  }
  const message = rollout.waiting[0]?.message;
  return { step: 'Waiting', ...(message === undefined ? {} : { waitingFor: message.slice(0, 512) }) };
}

function words({ phase }: Member): string {
  switch (phase) {
    case 'Missing':
    case 'Pending':
      return 'is made again';
    case 'Terminating':
      return 'stops';
    case 'Down':
      return 'does not start';
    case 'Starting':
      return 'starts';
    case 'Up':
      return 'takes part again';
    default:
      return phase satisfies never;
  }
}
