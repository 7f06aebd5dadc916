import type { Difference } from '../objects/mod.ts';
import type { TopicConfig, TopicRoute, TopicWrite } from '../rocketmq/mod.ts';
import { MESSAGE_TYPE, UNSPECIFIED, type DesiredTopic } from './desired.ts';

/** RocketMQ takes these at creation only and refuses a change. */
const CREATE_ONLY: readonly string[] = ['queue.type', 'cleanup.policy'];

/**
 * Compares a declared topic with what one master holds.
 *
 * Every write names at least `message.type`: request 18 answers success for the whole batch and applies nothing
 * when one item equals what is stored, and an item with a signed attribute never does (rocketmq-wire.md §2.4).
 */
export function compareTopic(desired: DesiredTopic, actual: TopicConfig | undefined): Difference<TopicWrite> {
  if (actual === undefined) return { kind: 'Create', write: creation(desired) };
  const refused = refuse(desired, actual);
  if (refused !== undefined) return refused;
  const keys = differingKeys(desired, actual);
  return keys.length === 0 ? { kind: 'Same' } : { kind: 'Change', keys, write: change(desired, actual) };
}

function creation(desired: DesiredTopic): TopicWrite {
  const { topicName, queues, perm, attributes } = desired;
  return {
    topicName,
    readQueueNums: queues,
    writeQueueNums: queues,
    perm,
    order: false,
    attributes,
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: 0,
  };
}

/** Fields that the spec does not have are sent back as they are: a write replaces them all. */
function change(desired: DesiredTopic, actual: TopicConfig): TopicWrite {
  return {
    ...creation(desired),
    order: actual.order,
    topicFilterType: actual.topicFilterType,
    topicSysFlag: actual.topicSysFlag,
  };
}

/**
 * Fewer queues would strand the messages in the others: they can no longer be read, and their lag disappears.
 * The CRD refuses such an edit; a topic that somebody enlarged by hand, or that was there before, arrives here.
 */
function refuse(desired: DesiredTopic, actual: TopicConfig): Difference<TopicWrite> | undefined {
  const most = Math.max(actual.readQueueNums, actual.writeQueueNums);
  if (most > desired.queues) {
    const message = `the topic has ${most} queues and spec.queuesPerBroker is ${desired.queues}; queues cannot be removed without losing their messages: set queuesPerBroker to ${most}`;
    return { kind: 'Refused', reason: 'QueuesCannotShrink', message };
  }
  const fixed = CREATE_ONLY.find((key) => {
    const value = desired.attributes[key];
    return value !== undefined && value !== actual.attributes[key];
  });
  if (fixed === undefined) return undefined;
  const held = actual.attributes[fixed] ?? 'not set';
  const message = `attribute ${fixed} is fixed when a topic is created: it is ${held} there and ${desired.attributes[fixed]} in the spec`;
  return { kind: 'Refused', reason: 'AttributeImmutable', message };
}

function differingKeys(desired: DesiredTopic, actual: TopicConfig): readonly string[] {
  const keys: string[] = [];
  if (actual.readQueueNums !== desired.queues) keys.push('readQueueNums');
  if (actual.writeQueueNums !== desired.queues) keys.push('writeQueueNums');
  if (actual.perm !== desired.perm) keys.push('perm');
  for (const [key, value] of Object.entries(desired.attributes)) {
    if (heldAttribute(actual, key) !== value) keys.push(key);
  }
  return keys;
}

function heldAttribute(actual: TopicConfig, key: string): string | undefined {
  return actual.attributes[key] ?? (key === MESSAGE_TYPE ? UNSPECIFIED : undefined);
}

/**
 * Whether a route leads to all queues of a group. Its permission is left out of account: draining a broker takes
 * write permission out of its routes on purpose.
 */
export function isTopicRouted(desired: DesiredTopic, brokerName: string, route: TopicRoute): boolean {
  const queues = route.queues.find((each) => each.brokerName === brokerName);
  return (
    queues !== undefined &&
    queues.readQueueNums === desired.queues &&
    queues.writeQueueNums === desired.queues &&
    route.brokers.some((each) => each.brokerName === brokerName)
  );
}
