import { EntryList, type JsonObject, type JsonValue } from '../codec/json-value.ts';
import type { GroupRetryPolicy, SubscriptionGroupConfig } from '../types.ts';
import { UnexpectedShape, type Field } from './fields.ts';
import { readStrings } from './shapes.ts';

const seconds = 1000;
const minutes = 60 * seconds;
const hours = 60 * minutes;

/** What a group without a policy of its own uses (CustomizedRetryPolicy.java). */
const defaultDelaysMs: readonly number[] = [
  ...[1, 5, 10, 30].map((count) => count * seconds),
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30].map((count) => count * minutes),
  ...[1, 2].map((count) => count * hours),
];

/** GroupRetryPolicy's fallback: ExponentialRetryPolicy with its defaults. */
const defaultExponential = { initialMs: 5 * seconds, maxMs: 2 * hours, multiplier: 2 };

/** A group as RocketMQ makes it when nothing is said but its name. */
export function defaultSubscriptionGroup(groupName: string): SubscriptionGroupConfig {
  return {
    groupName,
    consumeEnable: true,
    consumeFromMinEnable: true,
    consumeBroadcastEnable: true,
    consumeMessageOrderly: false,
    retryQueueNums: 1,
    retryMaxTimes: 16,
    groupRetryPolicy: { type: 'CUSTOMIZED', delaysMs: defaultDelaysMs },
    brokerId: 0,
    whichBrokerWhenConsumeSlowly: 1,
    notifyConsumerIdsChangedEnable: true,
    groupSysFlag: 0,
    consumeTimeoutMinute: 15,
    attributes: {},
  };
}

/** Every field, always: a broker resets those that a write leaves out to their Java defaults. */
export function writeGroup(group: SubscriptionGroupConfig): JsonObject {
  return {
    ...group.extra,
    groupName: group.groupName,
    consumeEnable: group.consumeEnable,
    consumeFromMinEnable: group.consumeFromMinEnable,
    consumeBroadcastEnable: group.consumeBroadcastEnable,
    consumeMessageOrderly: group.consumeMessageOrderly,
    retryQueueNums: group.retryQueueNums,
    retryMaxTimes: group.retryMaxTimes,
    groupRetryPolicy: writeRetryPolicy(group.groupRetryPolicy),
    brokerId: group.brokerId,
    whichBrokerWhenConsumeSlowly: group.whichBrokerWhenConsumeSlowly,
    notifyConsumerIdsChangedEnable: group.notifyConsumerIdsChangedEnable,
    groupSysFlag: group.groupSysFlag,
    consumeTimeoutMinute: group.consumeTimeoutMinute,
    attributes: Object.fromEntries(
      Object.entries(group.attributes).map(([key, value]) => [`+${key}`, value]),
    ),
  };
}

function writeRetryPolicy(policy: GroupRetryPolicy): JsonObject {
  if (policy.type === 'CUSTOMIZED')
    return { type: policy.type, customizedRetryPolicy: { next: policy.delaysMs } };
  const { type, initialMs: initial, maxMs: max, multiplier } = policy;
  return { type, exponentialRetryPolicy: { initial, max, multiplier } };
}

export function readGroup(group: Field): SubscriptionGroupConfig {
  const known = {
    groupName: group.get('groupName').string(),
    consumeEnable: group.get('consumeEnable').boolean(),
    consumeFromMinEnable: group.get('consumeFromMinEnable').boolean(),
    consumeBroadcastEnable: group.get('consumeBroadcastEnable').boolean(),
    consumeMessageOrderly: group.get('consumeMessageOrderly').boolean(),
    retryQueueNums: group.get('retryQueueNums').integer(),
    retryMaxTimes: group.get('retryMaxTimes').integer(),
    groupRetryPolicy: readRetryPolicy(group.get('groupRetryPolicy')),
    brokerId: group.get('brokerId').integer(),
    whichBrokerWhenConsumeSlowly: group.get('whichBrokerWhenConsumeSlowly').integer(),
    notifyConsumerIdsChangedEnable: group.get('notifyConsumerIdsChangedEnable').boolean(),
    groupSysFlag: group.get('groupSysFlag').integer(),
    consumeTimeoutMinute: group.get('consumeTimeoutMinute').integer(),
    attributes: readStrings(group.get('attributes')),
  };
  const unknown = group.members().filter(([name]) => !(name in known));
  return unknown.length === 0 ? known : { ...known, extra: Object.fromEntries(unknown.map(readExtra)) };
}

/** RocketMQ itself has no more than two levels. */
const maxExtraDepth = 16;

/** It is sent back as it came: what JSON cannot say would have no other group written either. */
function readExtra([name, { value = null, path }]: readonly [string, Field]): readonly [string, JsonValue] {
  if (!isPlain(value, maxExtraDepth)) throw new UnexpectedShape(path, 'a value that can be written again');
  return [name, value];
}

function isPlain(value: JsonValue, levels: number): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0 || value instanceof EntryList) return false;
  return Object.values(value).every((item) => isPlain(item, levels - 1));
}

/** A group that never had a policy set holds only the type, or nothing: RocketMQ then uses its defaults. */
function readRetryPolicy(policy: Field): GroupRetryPolicy {
  if (!policy.present) return { type: 'CUSTOMIZED', delaysMs: defaultDelaysMs };
  const type = policy.get('type').string();
  switch (type) {
    case 'EXPONENTIAL': {
      const exponential = policy.get('exponentialRetryPolicy');
      if (!exponential.present) return { type, ...defaultExponential };
      return {
        type,
        initialMs: exponential.get('initial').integer(),
        maxMs: exponential.get('max').integer(),
        multiplier: exponential.get('multiplier').integer(),
      };
    }
    case 'CUSTOMIZED': {
      const customized = policy.get('customizedRetryPolicy');
      if (!customized.present) return { type, delaysMs: defaultDelaysMs };
      const delays = customized.get('next').list();
      return { type, delaysMs: delays.map((delay) => delay.integer()) };
    }
    default:
      throw new UnexpectedShape(policy.path, 'a known retry policy');
  }
}
