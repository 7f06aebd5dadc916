import type { Difference } from '../objects/mod.ts';
import type { GroupRetryPolicy, SubscriptionGroupConfig } from '../rocketmq/mod.ts';
import { DEFAULT_DELAYS_MS, type DesiredGroup } from './desired.ts';

/** The fields of a new group that the spec does not have, as RocketMQ's SubscriptionGroupConfig sets them. */
const DEFAULTS: Omit<SubscriptionGroupConfig, keyof DesiredGroup> = {
  consumeEnable: true,
  consumeFromMinEnable: true,
  retryQueueNums: 1,
  brokerId: 0,
  whichBrokerWhenConsumeSlowly: 1,
  notifyConsumerIdsChangedEnable: true,
  groupSysFlag: 0,
  consumeTimeoutMinute: 15,
  attributes: {},
};

/**
 * Compares a declared group with what one master holds. A write goes on top of what is there, since a broker
 * resets every field that a write leaves out (rocketmq-wire.md §2.5).
 */
export function compareGroup(
  desired: DesiredGroup,
  actual: SubscriptionGroupConfig | undefined,
): Difference<SubscriptionGroupConfig> {
  if (actual === undefined) return { kind: 'Create', write: { ...DEFAULTS, ...desired } };
  const keys = differingKeys(desired, actual);
  return keys.length === 0 ? { kind: 'Same' } : { kind: 'Change', keys, write: { ...actual, ...desired } };
}

function differingKeys(desired: DesiredGroup, actual: SubscriptionGroupConfig): readonly string[] {
  const keys: string[] = [];
  if (actual.consumeMessageOrderly !== desired.consumeMessageOrderly) keys.push('consumeMessageOrderly');
  if (actual.consumeBroadcastEnable !== desired.consumeBroadcastEnable) keys.push('consumeBroadcastEnable');
  if (actual.retryMaxTimes !== desired.retryMaxTimes) keys.push('retryMaxTimes');
  if (!samePolicy(desired.groupRetryPolicy, actual.groupRetryPolicy)) keys.push('groupRetryPolicy');
  return keys;
}

export function samePolicy(a: GroupRetryPolicy, b: GroupRetryPolicy): boolean {
  if (a.type === 'CUSTOMIZED' && b.type === 'CUSTOMIZED') {
    const [delaysA, delaysB] = [delaysOf(a), delaysOf(b)];
    return delaysA.length === delaysB.length && delaysA.every((delay, index) => delay === delaysB[index]);
  }
  return (
    a.type === 'EXPONENTIAL' &&
    b.type === 'EXPONENTIAL' &&
    a.initialMs === b.initialMs &&
    a.maxMs === b.maxMs &&
    a.multiplier === b.multiplier
  );
}

/** A policy without delays is RocketMQ's own table. */
function delaysOf({ delaysMs }: { readonly delaysMs: readonly number[] }): readonly number[] {
  return delaysMs.length === 0 ? DEFAULT_DELAYS_MS : delaysMs;
}
