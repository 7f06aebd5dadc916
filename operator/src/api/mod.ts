export { clusterKeyIn } from './cluster-ref.ts';
export { type AdoptionPolicy } from './adoption.ts';
export { type AllowedNamespaces, type Consent, consentOf } from './allowed-namespaces.ts';
export { minInSyncReplicas } from './brokers.ts';
export {
  type BrokerGroup,
  controllersOf,
  exportsMetrics,
  groupStorage,
  type RocketMQClusterInput,
  type RocketMQClusterSpec,
} from './cluster.ts';
export { type RocketMQClusterStatus } from './cluster-status.ts';
export { type Condition, type ConditionReason } from './conditions.ts';
export { groupNameOf } from './consumer-group.ts';
export {
  type ConsumerGroup,
  ConsumerGroups,
  type RocketMQCluster,
  RocketMQClusters,
  type Topic,
  Topics,
  type User,
  Users,
} from './kinds.ts';
export {
  groupNameProblem,
  isClusterTopic,
  isInnerUser,
  type NameProblem,
  proxyHeartbeatTopic,
  topicNameProblem,
  userNameProblem,
} from './names.ts';
export { describeProblems, parseCluster, parseConsumerGroup, parseTopic, parseUser } from './parse.ts';
export { type PodTemplate } from './pod-template.ts';
export { quantityValue, type Resources } from './quantity.ts';
export { type GroupScaling, type GroupScalingStatus, type ScalingReason } from './scaling.ts';
export { subscribedGroupsShown, topicAttributes, topicNameOf, type TopicSpec } from './topic.ts';
export { secretNameOf, userNameOf, type UserSpec } from './user.ts';
