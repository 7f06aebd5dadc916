/**
 * Names as RocketMQ validates them: TopicValidator, TopicConfigManager and MixAll of RocketMQ 5.5.0. The
 * alphabet is the same for topics and consumer groups, the reserved names are not.
 */
export const namePattern = /^[%|a-zA-Z0-9_-]+$/;
export const topicNameMax = 127;
export const groupNameMax = 120;

/**
 * Where proxies tell one another which clients they have. Their consumer group is called `CID_` and this, and brokers make a
 * group by themselves whose name begins with `CID_RMQ_SYS_`, where no other is made by itself (SubscriptionGroupManager):
 * of RocketMQ's own name proxies read nothing then, and each knows its own clients only.
 */
export const proxyHeartbeatTopic = 'RMQ_SYS_PROXY_HEARTBEATS';

/** Topics of RocketMQ itself: the broker answers 29 to a write, but for those of the proxies. */
export const systemTopics = [
  proxyHeartbeatTopic,
  'DefaultHeartBeatSyncerTopic',
  'TBW102',
  'SCHEDULE_TOPIC_XXXX',
  'BenchmarkTest',
  'RMQ_SYS_TRANS_HALF_TOPIC',
  'RMQ_SYS_ROCKSDB_TRANS_HALF_TOPIC',
  'RMQ_SYS_TRACE_TOPIC',
  'RMQ_SYS_TRANS_OP_HALF_TOPIC',
  'RMQ_SYS_ROCKSDB_TRANS_OP_HALF_TOPIC',
  'TRANS_CHECK_MAX_TIME_TOPIC',
  'SELF_TEST_TOPIC',
  'OFFSET_MOVED_EVENT',
  'CHECKPOINT_TOPIC',
] as const;

/** `rmq_sys_` is refused by the broker; the others are retry, dead letter and light queues, made by RocketMQ. */
export const reservedTopicPrefixes = ['rmq_sys_', '%RETRY%', '%DLQ%', '%LMQ%'] as const;

/** Consumer groups of RocketMQ itself and of its tools (MixAll.PREDEFINE_GROUP_SET). */
export const systemGroups = [
  'DEFAULT_CONSUMER',
  'DEFAULT_PRODUCER',
  'TOOLS_CONSUMER',
  'SCHEDULE_CONSUMER',
  'FILTERSRV_CONSUMER',
  '__MONITOR_CONSUMER',
  'CLIENT_INNER_PRODUCER',
  'SELF_TEST_P_GROUP',
  'SELF_TEST_C_GROUP',
  'CID_ONS-HTTP-PROXY',
  'CID_ONSAPI_PERMISSION',
  'CID_ONSAPI_OWNER',
  'CID_ONSAPI_PULL',
] as const;

/** A group named like a retry topic would make its own retry topic ambiguous. */
export const reservedGroupPrefixes = ['CID_RMQ_SYS_', '%RETRY%', '%DLQ%', '%LMQ%'] as const;

/** Of a User: the operator adds `.a` or `.b` to it, so that it has no dot itself. */
export const userNamePattern = /^[a-zA-Z0-9][-_a-zA-Z0-9]*$/;
export const userNameMax = 60;
/** Users that the operator makes for a cluster itself. */
export const innerUsers = ['gantry'] as const;
export const innerUserPrefixes = ['gantry-'] as const;

export type NameProblem = 'Empty' | 'TooLong' | 'Alphabet' | 'System';

const problem = (
  name: string,
  max: number,
  system: readonly string[],
  prefixes: readonly string[],
): NameProblem | undefined => {
  if (name === '') return 'Empty';
  if (name.length > max) return 'TooLong';
  if (!namePattern.test(name)) return 'Alphabet';
  if (system.includes(name) || prefixes.some((prefix) => name.startsWith(prefix))) return 'System';
  return undefined;
};

/** Why RocketMQ would refuse a topic of this name, or nothing. */
export const topicNameProblem = (name: string): NameProblem | undefined =>
  problem(name, topicNameMax, systemTopics, reservedTopicPrefixes);

/** Why RocketMQ would refuse a consumer group of this name, or should not be given it; or nothing. */
export const groupNameProblem = (name: string): NameProblem | undefined =>
  problem(name, groupNameMax, systemGroups, reservedGroupPrefixes);

/** Why a User may not have this name, or nothing. */
export const userNameProblem = (name: string): NameProblem | undefined => {
  if (name === '') return 'Empty';
  if (name.length > userNameMax) return 'TooLong';
  if (!userNamePattern.test(name)) return 'Alphabet';
  return isInnerUser(name) ? 'System' : undefined;
};

/** Whether a user of RocketMQ belongs to the operator itself. */
export const isInnerUser = (name: string): boolean =>
  innerUsers.some((inner) => inner === name) || innerUserPrefixes.some((prefix) => name.startsWith(prefix));

/**
 * Every broker makes a topic for its cluster and one for its group (clients find masters by them), with a reply
 * topic of the cluster, and counts them as system topics. The group names are known to the cluster only.
 */
export const isClusterTopic = (topic: string, cluster: string): boolean =>
  topic === cluster || topic === `${cluster}_REPLY_TOPIC`;

const list = (names: readonly string[]): string => `[${names.map((name) => `'${name}'`).join(', ')}]`;

/** CEL for "not one of these names and none of these prefixes", on `self`. */
export const notReservedCel = (names: readonly string[], prefixes: readonly string[]): string =>
  [`!(self in ${list(names)})`, ...prefixes.map((prefix) => `!self.startsWith('${prefix}')`)].join(' && ');
