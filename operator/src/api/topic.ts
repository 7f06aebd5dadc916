import * as z from 'zod';
import { adoptionPolicy } from './adoption.ts';
import { dnsLabel } from './cluster-parts.ts';
import { clusterRef } from './cluster-ref.ts';
import { conditionList } from './conditions.ts';
import { deletionPolicy, topicDeletionGuards } from './deletion.ts';
import { differing } from './differing.ts';
import {
  groupNameMax,
  namePattern,
  notReservedCel,
  reservedTopicPrefixes,
  systemTopics,
  topicNameMax,
  topicNameProblem,
} from './names.ts';
import { boundedMap, setList, type Stored, text, withRules } from './schema/authoring.ts';

/** Attributes of RocketMQ 5.5.0 (TopicAttributes) that are free to set; `message.type` is spec.type. */
export const topicAttributes: readonly string[] = ['queue.type', 'cleanup.policy', 'reserve.time'];
const fixedAttributes = ['queue.type', 'cleanup.policy'];
const attributeList = (keys: readonly string[]): string => `[${keys.map((key) => `'${key}'`).join(', ')}]`;

const attributes = withRules(
  boundedMap(z.string().max(64), 8),
  {
    id: 'attribute-keys',
    rule: `self.all(k, k in ${attributeList(topicAttributes)})`,
    message: `unknown attribute: use ${topicAttributes.join(', ')}; for message.type use spec.type`,
    holds: (map) => Object.keys(map).every((key) => topicAttributes.includes(key)),
    accepts: { value: { 'reserve.time': '72' } },
    refuses: { value: { 'message.type': 'FIFO' } },
  },
  {
    id: 'queue-type',
    rule: "!('queue.type' in self) || self['queue.type'] in ['SimpleCQ', 'BatchCQ']",
    message: 'queue.type must be SimpleCQ or BatchCQ',
    holds: (map) => ['SimpleCQ', 'BatchCQ', undefined].includes(map['queue.type']),
    accepts: { value: { 'queue.type': 'BatchCQ' } },
    refuses: { value: { 'queue.type': 'Batch' } },
  },
  {
    id: 'cleanup-policy',
    rule: "!('cleanup.policy' in self) || self['cleanup.policy'] in ['DELETE', 'COMPACTION']",
    message: 'cleanup.policy must be DELETE or COMPACTION',
    holds: (map) => ['DELETE', 'COMPACTION', undefined].includes(map['cleanup.policy']),
    accepts: { value: { 'cleanup.policy': 'COMPACTION' } },
    refuses: { value: { 'cleanup.policy': 'compact' } },
  },
  {
    id: 'reserve-time',
    rule: "!('reserve.time' in self) || self['reserve.time'].matches('^(-1|[0-9]{1,18})$')",
    message: 'reserve.time must be a whole number, -1 for the retention of the broker',
    holds: (map) => /^(-1|[0-9]{1,18})$/.test(map['reserve.time'] ?? '-1'),
    accepts: { value: { 'reserve.time': '-1' } },
    refuses: { value: { 'reserve.time': '3d' } },
  },
  {
    id: 'attributes-fixed-at-creation',
    rule: `${attributeList(fixedAttributes)}.all(k, (k in self) == (k in oldSelf) && (!(k in self) || self[k] == oldSelf[k]))`,
    message: 'queue.type and cleanup.policy are fixed when a topic is created: restore the old value',
    accepts: { from: { 'queue.type': 'BatchCQ' }, value: { 'queue.type': 'BatchCQ', 'reserve.time': '9' } },
    refuses: { from: { 'cleanup.policy': 'DELETE' }, value: { 'cleanup.policy': 'COMPACTION' } },
  },
);

export const topicSpec = z.object({
  clusterRef: clusterRef(),
  topicName: withRules(text({ max: topicNameMax, pattern: namePattern, sample: 'Order_Topic' }), {
    id: 'topic-name-not-system',
    rule: notReservedCel(systemTopics, reservedTopicPrefixes),
    message: 'topicName is a name of RocketMQ itself: choose another',
    holds: (name) => topicNameProblem(name) !== 'System',
    accepts: { value: 'RMQ_SYS_ORDERS' },
    refuses: { value: 'rmq_sys_orders' },
  })
    .exactOptional()
    .describe('Name of the topic in RocketMQ. Absent: metadata.name. Cannot change.'),
  type: z
    .enum(['Normal', 'FIFO', 'Delay', 'Transaction', 'Unspecified', 'Mixed'])
    .default('Normal')
    .describe(
      'The one kind of message that the topic takes. Mixed: every kind; only on brokers with enableMixedMessageType. Unspecified: none was ever given.',
    ),
  brokerGroups: setList(text({ max: 30, pattern: dnsLabel, sample: 'broker-a' }), 32)
    .min(1)
    .exactOptional()
    .describe(
      'Broker groups that have the topic, by their names in the cluster. Absent: all of them, those added later too. None can be taken out.',
    ),
  queuesPerBroker: z
    .int32()
    .min(1)
    .max(1024)
    .default(8)
    .describe(
      'Queues on each broker group, for reading and for writing. Fewer than before: those that are to go take no new messages at once, and stay until every consumer group has read them.',
    ),
  permission: z
    .enum(['ReadWrite', 'ReadOnly', 'WriteOnly'])
    .default('ReadWrite')
    .describe('What clients may do.'),
  attributes: attributes.default({}).describe('Further attributes of the topic, by their RocketMQ names.'),
  adoptionPolicy: adoptionPolicy('topic'),
  deletionPolicy: deletionPolicy('topic', {
    kept: 'it is kept, with its messages',
    gone: 'it goes, with its messages and the places of all consumer groups in it',
  }),
  deletionGuards: topicDeletionGuards(),
});

export type TopicSpec = Stored<z.output<typeof topicSpec>>;

/** A topic that everybody reads would make its object as large. */
export const subscribedGroupsShown = 64;

export const topicStatus = z.object({
  observedGeneration: z.int().exactOptional().describe('Generation of the spec that this status is about.'),
  conditions: conditionList(),
  topicName: z.string().max(topicNameMax).exactOptional().describe('Name of the topic in RocketMQ.'),
  groups: setList(z.string().max(30), 64)
    .exactOptional()
    .describe('Broker groups whose master was last read back with this topic as it should be.'),
  differing: differing('topic'),
  ownedOn: setList(z.string().max(30), 64)
    .exactOptional()
    .describe('Broker groups on which the topic is this object’s own, and goes with it if it is to.'),
  totalQueues: z.int().exactOptional().describe('Queues of the topic on those broker groups together.'),
  subscribedGroups: setList(z.string().max(groupNameMax), subscribedGroupsShown)
    .exactOptional()
    .describe(
      `Consumer groups that have a place in the topic on a broker, by their names in RocketMQ, the first ${subscribedGroupsShown} of them; renewed at most once a minute. None: nobody has read it. Absent: a master does not answer.`,
    ),
  subscribedGroupCount: z.int().exactOptional().describe('How many of them there are.'),
  drainingSince: z.iso
    .datetime()
    .exactOptional()
    .describe('Since when no master gives new messages to the queues that are to go.'),
});
export type TopicStatus = Stored<z.output<typeof topicStatus>>;

/** The name in RocketMQ: spec.topicName, or the object's own. */
export function topicNameOf(topic: {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly topicName?: string | undefined };
}): string {
  return topic.spec.topicName ?? topic.metadata.name;
}
