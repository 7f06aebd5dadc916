export {
  type Condition,
  type ConditionReason,
  conditionReasons,
  type ConditionType,
  conditionTypes,
} from './conditions.ts';
export {
  type BrokerGroup,
  groupStorage,
  minInSyncReplicas,
  type RocketMQClusterInput,
  rocketMQClusterSpec,
  type RocketMQClusterSpec,
  type RocketMQClusterStatus,
  supportedVersions,
} from './cluster.ts';
export { type TopicInput, topicNameOf, topicSpec, type TopicSpec, type TopicStatus } from './topic.ts';
export {
  type ConsumerGroupInput,
  consumerGroupSpec,
  type ConsumerGroupSpec,
  type ConsumerGroupStatus,
  groupNameOf,
} from './consumer-group.ts';
export {
  type ConsumerGroup,
  ConsumerGroups,
  type RocketMQCluster,
  RocketMQClusters,
  type Topic,
  Topics,
} from './kinds.ts';
export { isClusterTopic, type NameProblem } from './names.ts';
export { type PodTemplate } from './pod-template.ts';
export { quantityValue, type Resources } from './quantity.ts';
export { type Parsed, parseCluster, parseConsumerGroup, parseTopic, type Problem } from './parse.ts';
