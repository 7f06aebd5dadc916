import type { Difference } from '../objects/mod.ts';
import {
  defaultSubscriptionGroup,
  type GroupRetryPolicy,
  type SubscriptionGroupConfig,
} from '../rocketmq/mod.ts';
import type { DesiredGroup } from './desired.ts';

/**
 * Compares a declared group with what one master holds. A write goes on top of what is there, since a broker
 * resets every field that a write leaves out (rocketmq-wire.md §2.5).
 */
export function compareGroup(
  desired: DesiredGroup,
  actual: SubscriptionGroupConfig | undefined,
): Difference<SubscriptionGroupConfig> {
  if (actual === undefined)
    return { kind: 'Create', write: { ...defaultSubscriptionGroup(desired.groupName), ...desired } };
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

function samePolicy(a: GroupRetryPolicy, b: GroupRetryPolicy): boolean {
  if (a.type === 'CUSTOMIZED' && b.type === 'CUSTOMIZED') {
    return (
      a.delaysMs.length === b.delaysMs.length &&
      a.delaysMs.every((delay, index) => delay === b.delaysMs[index])
    );
  }
  return (
    a.type === 'EXPONENTIAL' &&
    b.type === 'EXPONENTIAL' &&
    a.initialMs === b.initialMs &&
    a.maxMs === b.maxMs &&
    a.multiplier === b.multiplier
  );
}
