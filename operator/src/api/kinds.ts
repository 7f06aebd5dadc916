import type { KubeObject, ResourceType } from '../kube/mod.ts';
import type { RocketMQClusterSpec } from './cluster.ts';
import type { RocketMQClusterStatus } from './cluster-status.ts';
import type { ConsumerGroupSpec, ConsumerGroupStatus } from './consumer-group.ts';
import type { TopicSpec, TopicStatus } from './topic.ts';
import type { UserSpec, UserStatus } from './user.ts';

export interface RocketMQCluster extends KubeObject {
  readonly spec: RocketMQClusterSpec;
  readonly status?: RocketMQClusterStatus;
}
export interface Topic extends KubeObject {
  readonly spec: TopicSpec;
  readonly status?: TopicStatus;
}
export interface ConsumerGroup extends KubeObject {
  readonly spec: ConsumerGroupSpec;
  readonly status?: ConsumerGroupStatus;
}
export interface User extends KubeObject {
  readonly spec: UserSpec;
  readonly status?: UserStatus;
}

const group = 'rocketmq.gantry.dev';
const version = 'v1beta1';

export const RocketMQClusters: ResourceType<RocketMQCluster> = {
  group,
  version,
  kind: 'RocketMQCluster',
  plural: 'rocketmqclusters',
  namespaced: true,
};
export const Topics: ResourceType<Topic> = {
  group,
  version,
  kind: 'Topic',
  plural: 'topics',
  namespaced: true,
};
export const ConsumerGroups: ResourceType<ConsumerGroup> = {
  group,
  version,
  kind: 'ConsumerGroup',
  plural: 'consumergroups',
  namespaced: true,
};
export const Users: ResourceType<User> = {
  group,
  version,
  kind: 'User',
  plural: 'users',
  namespaced: true,
};
