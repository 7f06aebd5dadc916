/** How what a broker holds is written as the spec of an object. */
import { isDeepStrictEqual } from 'node:util';
import {
  groupNameProblem,
  topicAttributes,
  topicNameProblem,
  type ConsumerGroup,
  type NameProblem,
  type Topic,
} from '../../api/mod.ts';
import { groupKind, type DesiredGroup } from '../../group/mod.ts';
import type { Secret } from '../../kube/mod.ts';
import type { DeclaredObject, ObjectKind } from '../../objects/mod.ts';
import {
  defaultSubscriptionGroup,
  type SubscriptionGroupConfig,
  type TopicConfig,
  type TopicWrite,
} from '../../rocketmq/mod.ts';
import { MESSAGE_TYPE, MESSAGE_TYPES, PERMISSIONS, topicKind, type DesiredTopic } from '../../topic/mod.ts';

export type Spec = Readonly<Record<string, unknown>>;

export interface Importable<O extends DeclaredObject, Desired, Actual, Write> {
  readonly kind: ObjectKind<O, Desired, Actual, Write>;
  readonly nameProblem: (name: string) => NameProblem | undefined;
  /** What can be said of it; the rest shows when the object is compared with what there is. */
  readonly specOf: (actual: Actual, names: Names) => Spec;
  /** Why no object can declare it, whatever it says. */
  readonly cannotDeclare?: (actual: Actual, name: string) => string | undefined;
  /** Whether an object can be declared on some broker groups only. */
  readonly choosesGroups: boolean;
  /** Whether an object can look on without writing. */
  readonly canObserve: boolean;
  /** The Secret that an object needs and that is not there yet. */
  readonly secretOf?: (object: O) => Secret | undefined;
}

/** RocketMQ's, and that of the object. */
export interface Names {
  readonly name: string;
  readonly objectName: string;
}

export const topics: Importable<Topic, DesiredTopic, TopicConfig, TopicWrite> = {
  kind: topicKind,
  nameProblem: topicNameProblem,
  specOf: topicSpec,
  choosesGroups: true,
  canObserve: true,
};

export const consumerGroups: Importable<
  ConsumerGroup,
  DesiredGroup,
  SubscriptionGroupConfig,
  SubscriptionGroupConfig
> = {
  kind: groupKind,
  nameProblem: groupNameProblem,
  specOf: groupSpec,
  choosesGroups: false,
  canObserve: true,
};

function topicSpec({ readQueueNums, writeQueueNums, perm, attributes }: TopicConfig): Spec {
  const permission = keyOf(PERMISSIONS, perm) ?? 'ReadWrite';
  const free = Object.entries(attributes).filter(([key]) => topicAttributes.includes(key));
  return {
    type: keyOf(MESSAGE_TYPES, attributes[MESSAGE_TYPE]) ?? 'Unspecified',
    queuesPerBroker: Math.max(readQueueNums, writeQueueNums),
    ...(permission === 'ReadWrite' ? {} : { permission }),
    ...(free.length === 0 ? {} : { attributes: Object.fromEntries(free) }),
  };
}

function keyOf<Value>(table: Readonly<Record<string, Value>>, value: Value | undefined): string | undefined {
  return Object.entries(table).find(([, each]) => each === value)?.[0];
}

const usual = defaultSubscriptionGroup('');

function groupSpec(actual: SubscriptionGroupConfig): Spec {
  const { consumeMessageOrderly, consumeBroadcastEnable, retryMaxTimes } = actual;
  const retry = {
    ...(retryMaxTimes === usual.retryMaxTimes ? {} : { maxAttempts: retryMaxTimes }),
    ...retryPolicy(actual),
  };
  return {
    ...(consumeMessageOrderly ? { ordered: true } : {}),
    ...(consumeBroadcastEnable ? { broadcast: true } : {}),
    ...(Object.keys(retry).length === 0 ? {} : { retry }),
  };
}

function retryPolicy({ groupRetryPolicy: policy }: SubscriptionGroupConfig): Spec {
  if (isDeepStrictEqual(policy, usual.groupRetryPolicy)) return {};
  if (policy.type === 'CUSTOMIZED') return { policy: { custom: { delaysMs: policy.delaysMs } } };
  const { initialMs, maxMs, multiplier } = policy;
  return { policy: { exponential: { initialMs, maxMs, multiplier } } };
}
