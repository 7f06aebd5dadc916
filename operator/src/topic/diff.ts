import type { Difference } from '../objects/mod.ts';
import type { TopicConfig, TopicRoute, TopicWrite } from '../rocketmq/mod.ts';
import { MESSAGE_TYPE, UNSPECIFIED, type DesiredTopic } from './desired.ts';

/** RocketMQ takes these at creation only and refuses a change. */
const CREATE_ONLY: readonly string[] = ['queue.type', 'cleanup.policy'];

/** What a write sets: the rest is the broker's own. */
type Shape = Pick<TopicConfig, 'readQueueNums' | 'writeQueueNums' | 'perm' | 'attributes'>;

/**
 * Compares a declared topic with what one master holds. Queues that are too many are closed first, and given up later:
 * their messages could no longer be read, and their lag disappears (rocketmq-wire.md §6.7).
 *
 * Every write names at least `message.type`: request 18 answers success for the whole batch and applies nothing
 * when one item equals what is stored, and an item with a signed attribute never does (rocketmq-wire.md §2.4).
 */
export function compareTopic(desired: DesiredTopic, actual: TopicConfig | undefined): Difference<TopicWrite> {
  const whole = wholeShape(desired);
  if (actual === undefined) return { kind: 'Create', write: creation(desired.topicName, whole) };
  const refused = refuse(desired, actual);
  if (refused !== undefined) return refused;
  const shrinks = Math.max(actual.readQueueNums, actual.writeQueueNums) > desired.queues;
  const shape = shrinks ? closedShape(whole, actual) : whole;
  const keys = differingKeys(shape, actual);
  if (keys.length > 0) return { kind: 'Change', keys, write: change(shape, actual) };
  if (!shrinks) return { kind: 'Same' };
  return { kind: 'Drain', keys: differingKeys(whole, actual), write: change(whole, actual) };
}

function wholeShape({ queues, perm, attributes }: DesiredTopic): Shape {
  return { readQueueNums: queues, writeQueueNums: queues, perm, attributes };
}

/**
 * Clients are led to the queues that stay, and may read all that took messages. The type changes at the end: how long
 * something may still come in follows from the type that it was sent with.
 */
function closedShape(whole: Shape, actual: TopicConfig): Shape {
  const type = heldAttribute(actual, MESSAGE_TYPE) ?? UNSPECIFIED;
  return {
    ...whole,
    readQueueNums: Math.max(actual.readQueueNums, actual.writeQueueNums),
    attributes: { ...whole.attributes, [MESSAGE_TYPE]: type },
  };
}

function creation(topicName: string, shape: Shape): TopicWrite {
  return { topicName, ...shape, order: false, topicFilterType: 'SINGLE_TAG', topicSysFlag: 0 };
}

/** Fields that the spec does not have are sent back as they are: a write replaces them all. */
function change(shape: Shape, { topicName, order, topicFilterType, topicSysFlag }: TopicConfig): TopicWrite {
  return { topicName, ...shape, order, topicFilterType, topicSysFlag };
}

function refuse(desired: DesiredTopic, actual: TopicConfig): Difference<TopicWrite> | undefined {
  const fixed = CREATE_ONLY.find((key) => {
    const value = desired.attributes[key];
    return value !== undefined && value !== actual.attributes[key];
  });
  if (fixed === undefined) return undefined;
  const held = actual.attributes[fixed] ?? 'not set';
  const message = `attribute ${fixed} is fixed when a topic is created: it is ${held} there and ${desired.attributes[fixed]} in the spec`;
  return { kind: 'Refused', reason: 'AttributeImmutable', message };
}

function differingKeys(shape: Shape, actual: TopicConfig): readonly string[] {
  const fields = (['readQueueNums', 'writeQueueNums', 'perm'] as const).filter(
    (key) => actual[key] !== shape[key],
  );
  const attributes = Object.entries(shape.attributes).filter(
    ([key, value]) => heldAttribute(actual, key) !== value,
  );
  return [...fields, ...attributes.map(([key]) => key)];
}

export function heldAttribute(actual: TopicConfig, key: string): string | undefined {
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
