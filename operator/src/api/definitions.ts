import { clusterNameMax, rocketMQClusterSpec } from './cluster.ts';
import { rocketMQClusterStatus } from './cluster-status.ts';
import {
  consumerGroupSpec,
  consumerGroupStatus,
  groupNameOf,
  type ConsumerGroupSpec,
} from './consumer-group.ts';
import { policyRules } from './deletion.ts';
import { ConsumerGroups, RocketMQClusters, Topics, Users } from './kinds.ts';
import {
  groupNameMax,
  groupNameProblem,
  innerUserPrefixes,
  innerUsers,
  isClusterTopic,
  isInnerUser,
  notReservedCel,
  topicNameMax,
  topicNameProblem,
  userNameMax,
  userNameProblem,
} from './names.ts';
import type { DeclaredRule } from './schema/authoring.ts';
import type { KindDefinition, PrinterColumn } from './schema/crd.ts';
import { topicNameOf, topicSpec, topicStatus, type TopicSpec } from './topic.ts';
import { userNameOf, userSpec, userStatus, type UserSpec } from './user.ts';

interface Named {
  readonly metadata: { readonly name: string };
}

const conditionColumn = (
  name: string,
  type: string,
  field: 'status' | 'reason' | 'message',
  description: string,
): PrinterColumn => ({
  name,
  type: 'string',
  jsonPath: `.status.conditions[?(@.type=='${type}')].${field}`,
  description,
  ...(field === 'message' && { priority: 1 }),
});

/** Is it healthy, what is it doing, and why: the same columns for every kind. */
const healthColumns = [
  conditionColumn('Ready', 'Ready', 'status', 'Whether it is as the spec asks.'),
  conditionColumn('Reason', 'Ready', 'reason', 'What it is doing, or why it is not ready.'),
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  conditionColumn('Message', 'Ready', 'message', 'The same in a sentence.'),
] satisfies readonly PrinterColumn[];

export const clusterRules: readonly DeclaredRule<
  Named & { spec: { brokers: { groups: readonly { name: string }[] } } }
>[] = [
  {
    id: 'cluster-name-label',
    rule: `self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')`,
    message:
      'metadata.name must be a DNS label that begins with a letter: Services and pods are named after it',
    holds: ({ metadata }) => /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(metadata.name),
    accepts: { value: { metadata: { name: 'a-1' } } },
    refuses: { value: { metadata: { name: '1.a' } } },
  },
  {
    id: 'cluster-name-length',
    rule: `size(self.metadata.name) <= ${clusterNameMax}`,
    message: `metadata.name must have at most ${clusterNameMax} characters: pods are named after it`,
    holds: ({ metadata }) => metadata.name.length <= clusterNameMax,
    accepts: {
      value: {
        metadata: { name: 'c'.repeat(clusterNameMax) },
        spec: { brokers: { groups: [{ name: 'b' }] } },
      },
    },
    refuses: {
      value: {
        metadata: { name: 'c'.repeat(clusterNameMax + 1) },
        spec: { brokers: { groups: [{ name: 'b' }] } },
      },
    },
  },
  {
    // StatefulSet name plus the revision hash that Kubernetes puts into a label must stay within 63.
    id: 'member-name-length',
    rule: 'self.spec.brokers.groups.all(group, size(self.metadata.name) + size(group.name) <= 48)',
    message: 'metadata.name and a group name must together have at most 48 characters: shorten one',
    holds: ({ metadata, spec }) =>
      spec.brokers.groups.every((group) => metadata.name.length + group.name.length <= 48),
    accepts: {
      value: {
        metadata: { name: 'c'.repeat(40) },
        spec: { brokers: { groups: [{ name: 'b'.repeat(8) }] } },
      },
    },
    refuses: {
      value: {
        metadata: { name: 'c'.repeat(40) },
        spec: { brokers: { groups: [{ name: 'b'.repeat(9) }] } },
      },
    },
  },
];

/** The rules of a name that a spec may give and that is the object's own otherwise. */
function nameRules<T extends Named>(
  id: string,
  field: 'topicName' | 'groupName' | 'userName',
  max: number,
  isValid: (object: T) => boolean,
): readonly DeclaredRule<T>[] {
  const effective = (self: string): string =>
    `(has(${self}.spec.${field}) ? ${self}.spec.${field} : ${self}.metadata.name)`;
  return [
    {
      id: `${id}-from-metadata`,
      // Of what RocketMQ refuses, a Kubernetes name can only have dots and too many characters.
      rule: `has(self.spec.${field}) || (size(self.metadata.name) <= ${max} && !self.metadata.name.contains('.'))`,
      message: `metadata.name is no name for RocketMQ (a dot, or more than ${max} characters): set spec.${field}`,
      holds: isValid,
      accepts: { value: { metadata: { name: 'a.dotted.name' }, spec: { [field]: 'dotted' } } },
      refuses: { value: { metadata: { name: 'a.dotted.name' } } },
    },
    {
      id: `${id}-immutable`,
      rule: `${effective('self')} == ${effective('oldSelf')}`,
      message: `${field} cannot change: create another object with the new name`,
      accepts: {
        from: { metadata: { name: 'orders' }, spec: {} },
        value: { metadata: { name: 'orders' }, spec: { [field]: 'orders' } },
      },
      refuses: {
        from: { metadata: { name: 'orders' }, spec: { [field]: 'Orders' } },
        value: { metadata: { name: 'orders' }, spec: { [field]: 'orders' } },
      },
    },
  ];
}

type TopicObject = Named & {
  spec: Pick<TopicSpec, 'topicName' | 'clusterRef' | 'adoptionPolicy' | 'deletionPolicy'>;
};
export const topicRules: readonly DeclaredRule<TopicObject>[] = [
  ...nameRules<TopicObject>('topic-name', 'topicName', topicNameMax, (topic) =>
    topic.spec.topicName === undefined ? topicNameProblem(topic.metadata.name) === undefined : true,
  ),
  {
    id: 'topic-name-not-cluster',
    rule:
      '!((has(self.spec.topicName) ? self.spec.topicName : self.metadata.name)' +
      " in [self.spec.clusterRef.name, self.spec.clusterRef.name + '_REPLY_TOPIC'])",
    message: 'RocketMQ itself has a topic named like the cluster: set another spec.topicName',
    holds: (topic) => !isClusterTopic(topicNameOf(topic), topic.spec.clusterRef.name),
    accepts: { value: { metadata: { name: 'exchange' }, spec: { topicName: 'exchange-topic' } } },
    refuses: { value: { metadata: { name: 'exchange' } } },
  },
  {
    id: 'topic-leaves-no-broker-group',
    rule:
      '!has(self.spec.brokerGroups) || (has(oldSelf.spec.brokerGroups)' +
      ' && oldSelf.spec.brokerGroups.all(old, old in self.spec.brokerGroups))',
    message:
      'the topic cannot leave a broker group, its messages there could no longer be read: restore brokerGroups, add to them, or remove them for all',
    accepts: {
      from: { spec: { brokerGroups: ['broker-a'] } },
      value: { spec: { brokerGroups: ['broker-b', 'broker-a'] } },
    },
    refuses: { from: { spec: {} }, value: { spec: { brokerGroups: ['broker-a'] } } },
  },
  ...policyRules,
];

type GroupObject = Named & {
  spec: Pick<ConsumerGroupSpec, 'groupName' | 'broadcast' | 'scaling' | 'adoptionPolicy' | 'deletionPolicy'>;
};
export const consumerGroupRules: readonly DeclaredRule<GroupObject>[] = [
  ...nameRules<GroupObject>('group-name', 'groupName', groupNameMax, (group) =>
    group.spec.groupName === undefined ? groupNameProblem(groupNameOf(group)) === undefined : true,
  ),
  {
    id: 'broadcast-is-not-scaled',
    rule: '!self.spec.broadcast || !has(self.spec.scaling)',
    message:
      'every consumer of a broadcast gets everything, more of them take nothing off each other: remove scaling, or broadcast',
    holds: ({ spec }) => !spec.broadcast || spec.scaling === undefined,
    accepts: { value: { spec: { broadcast: true } } },
    refuses: {
      value: { spec: { broadcast: true, scaling: { scaleTargetRef: { name: 'order' }, maxReplicas: 4 } } },
    },
  },
  ...policyRules,
];

type UserObject = Named & { spec: Pick<UserSpec, 'userName' | 'secretName'> };
const secretNameRoom = 253 - '-rocketmq'.length;
export const userRules: readonly DeclaredRule<UserObject>[] = [
  ...nameRules<UserObject>('user-name', 'userName', userNameMax, (user) => {
    const problem = user.spec.userName === undefined ? userNameProblem(user.metadata.name) : undefined;
    return problem === undefined || problem === 'System';
  }),
  {
    id: 'user-name-from-metadata-not-inner',
    rule: `has(self.spec.userName) || (${notReservedCel(innerUsers, innerUserPrefixes).replaceAll('self', 'self.metadata.name')})`,
    message: 'metadata.name is a name of the operator itself: set spec.userName',
    holds: (user) => user.spec.userName !== undefined || !isInnerUser(userNameOf(user)),
    accepts: { value: { metadata: { name: 'gantry-user' }, spec: { userName: 'order' } } },
    refuses: { value: { metadata: { name: 'gantry-user' } } },
  },
  {
    id: 'secret-name-from-metadata',
    rule: `has(self.spec.secretName) || size(self.metadata.name) <= ${secretNameRoom}`,
    message: `metadata.name is too long for the name of the Secret (more than ${secretNameRoom} characters): set spec.secretName`,
    holds: ({ metadata, spec }) => spec.secretName !== undefined || metadata.name.length <= secretNameRoom,
    accepts: {
      value: {
        metadata: { name: 'u'.repeat(secretNameRoom + 1) },
        spec: { userName: 'order', secretName: 'order' },
      },
    },
    refuses: {
      value: { metadata: { name: 'u'.repeat(secretNameRoom + 1) }, spec: { userName: 'order' } },
    },
  },
];

export const clusterKind: KindDefinition = {
  type: RocketMQClusters,
  shortName: 'rmqc',
  description: 'An Apache RocketMQ cluster: name servers, controllers, broker groups and proxies.',
  spec: rocketMQClusterSpec,
  status: rocketMQClusterStatus,
  rules: clusterRules,
  columns: [
    { name: 'Version', type: 'string', jsonPath: '.status.version', description: 'Version that runs.' },
    {
      name: 'Masters',
      type: 'string',
      jsonPath: '.status.masters',
      description: 'Broker groups that have a master, of all.',
    },
    {
      name: 'Rollout',
      type: 'string',
      jsonPath: '.status.rollout.progress',
      description: 'Members that have restarted, of those that have to; empty when none has to.',
    },
    ...healthColumns,
  ],
  minimal: { brokers: { groups: [{ name: 'broker-a' }] } },
};

export const topicKind: KindDefinition = {
  type: Topics,
  shortName: 'rmqt',
  description: 'A topic, on the masters of the broker groups of a cluster, of all or of some.',
  spec: topicSpec,
  status: topicStatus,
  rules: topicRules,
  columns: [
    { name: 'Cluster', type: 'string', jsonPath: '.spec.clusterRef.name', description: 'The cluster.' },
    { name: 'Topic', type: 'string', jsonPath: '.status.topicName', description: 'Name in RocketMQ.' },
    { name: 'Type', type: 'string', jsonPath: '.spec.type', description: 'Kind of messages.' },
    { name: 'Queues', type: 'integer', jsonPath: '.spec.queuesPerBroker', description: 'Queues per group.' },
    {
      name: 'Readers',
      type: 'integer',
      jsonPath: '.status.subscribedGroupCount',
      description: 'Consumer groups that have a place in it; empty while that is unknown.',
    },
    ...healthColumns,
  ],
  minimal: { clusterRef: { name: 'exchange' } },
};

export const consumerGroupKind: KindDefinition = {
  type: ConsumerGroups,
  shortName: 'rmqg',
  description: 'A consumer group, on the master of every broker group of a cluster.',
  spec: consumerGroupSpec,
  status: consumerGroupStatus,
  rules: consumerGroupRules,
  columns: [
    { name: 'Cluster', type: 'string', jsonPath: '.spec.clusterRef.name', description: 'The cluster.' },
    { name: 'Group', type: 'string', jsonPath: '.status.groupName', description: 'Name in RocketMQ.' },
    { name: 'Ordered', type: 'string', jsonPath: '.spec.ordered', description: 'Delivered in order.' },
    {
      name: 'Lag',
      type: 'integer',
      jsonPath: '.status.consumption.lag',
      description: 'Messages that wait; empty while that is unknown.',
    },
    {
      name: 'Replicas',
      type: 'integer',
      jsonPath: '.status.scaling.desiredReplicas',
      description: 'Replicas that the consumers should have; empty without spec.scaling.',
    },
    ...healthColumns,
  ],
  minimal: { clusterRef: { name: 'exchange' } },
};

export const userKind: KindDefinition = {
  type: Users,
  shortName: 'rmqu',
  description: 'A user of a cluster, with its credentials and what it may do, on every member.',
  spec: userSpec,
  status: userStatus,
  rules: userRules,
  columns: [
    { name: 'Cluster', type: 'string', jsonPath: '.spec.clusterRef.name', description: 'The cluster.' },
    { name: 'User', type: 'string', jsonPath: '.status.userName', description: 'Name of the user.' },
    { name: 'Type', type: 'string', jsonPath: '.spec.type', description: 'Normal or Super.' },
    ...healthColumns,
  ],
  minimal: { clusterRef: { name: 'exchange' } },
};

export const kindDefinitions = [clusterKind, topicKind, consumerGroupKind, userKind] as const;
