import type {
  AccessPolicy,
  AccessUser,
  BatchFailures,
  BrokerGroup,
  CallOptions,
  ClusterInfo,
  ConsumeStats,
  ConsumerOffset,
  ConsumerOffsets,
  Consumers,
  ControllerMetadata,
  ElectResult,
  EpochCache,
  HaStatus,
  SubscriptionGroupConfig,
  SubscriptionGroupTable,
  SyncState,
  TopicConfig,
  TopicRoute,
  TopicStats,
  TopicTable,
  TopicWrite,
} from './types.ts';

/**
 * One name server. Name servers do not talk to each other: every write goes to each of them.
 * All calls throw RocketmqError.
 */
export interface NameServerAdmin {
  readonly address: string;
  clusterInfo(options?: CallOptions): Promise<ClusterInfo>;
  /** The effective configuration; values that can hold a secret read `<redacted>`. */
  config(options?: CallOptions): Promise<ReadonlyMap<string, string>>;
  /** Undefined only when this name server knows no broker with the topic, which is not proof of deletion. */
  topicRoute(topic: string, options?: CallOptions): Promise<TopicRoute | undefined>;
  topicNames(options?: CallOptions): Promise<ReadonlySet<string>>;
  /** Undefined when this name server has no member of the group. */
  brokerMembers(cluster: string, brokerName: string, options?: CallOptions): Promise<BrokerGroup | undefined>;
  /** Removes the route of the cluster's brokers; brokers that still hold the topic bring it back within 30 s. */
  deleteTopicRoute(topic: string, cluster: string, options?: CallOptions): Promise<void>;
  /** Takes effect shortly after the answer; a living broker registers again within 30 s. */
  unregisterBroker(broker: BrokerRegistration, options?: CallOptions): Promise<void>;
}

interface BrokerRegistration {
  readonly cluster: string;
  readonly brokerName: string;
  readonly brokerAddress: string;
  readonly brokerId: number;
}

/**
 * One broker. Writes belong on masters: a replica accepts them and loses them at its next metadata
 * sync. All calls throw RocketmqError.
 */
export interface BrokerAdmin extends ConsumerAdmin, AccessAdmin {
  runtimeInfo(options?: CallOptions): Promise<ReadonlyMap<string, string>>;
  /** The effective configuration; values that can hold a secret read `<redacted>`. */
  config(options?: CallOptions): Promise<ReadonlyMap<string, string>>;
  /** RocketMQ ignores unknown keys and unparsable values with success: read back what matters. */
  updateConfig(values: ReadonlyMap<string, string>, options?: CallOptions): Promise<void>;

  topicConfigs(options?: CallOptions): Promise<TopicTable>;
  /** Undefined only when the broker says that the topic does not exist. */
  topicConfig(topic: string, options?: CallOptions): Promise<TopicConfig | undefined>;
  putTopic(topic: TopicWrite, options?: CallOptions): Promise<void>;
  /**
   * Writes many topics in few requests; pass only those that differ from what the broker holds. Throws when
   * the broker cannot be asked; `timeoutMs` holds for each request.
   */
  putTopics(topics: readonly TopicWrite[], options?: CallOptions): Promise<BatchFailures>;
  /** Succeeds when the topic does not exist. */
  deleteTopic(topic: string, options?: CallOptions): Promise<void>;
  topicStats(topic: string, options?: CallOptions): Promise<TopicStats>;
  /** By topic: timed messages that wait for their time. Those of RocketMQ 4's delay levels are not among them. */
  timedMessages(options?: CallOptions): Promise<ReadonlyMap<string, number>>;

  subscriptionGroups(options?: CallOptions): Promise<SubscriptionGroupTable>;
  putSubscriptionGroup(group: SubscriptionGroupConfig, options?: CallOptions): Promise<void>;
  /** As putTopics, for groups. */
  putSubscriptionGroups(
    groups: readonly SubscriptionGroupConfig[],
    options?: CallOptions,
  ): Promise<BatchFailures>;
  /** Succeeds when the group does not exist. Without `cleanOffsets` a group made again resumes where it was. */
  deleteSubscriptionGroup(
    group: string,
    how: { readonly cleanOffsets: boolean },
    options?: CallOptions,
  ): Promise<void>;
  consumeStats(group: string, topic?: string, options?: CallOptions): Promise<ConsumeStats>;
  consumerOffsets(options?: CallOptions): Promise<ConsumerOffsets>;
  /** As a consumer commits, backwards too. Throws `NotFound` when the broker lacks the topic or the group. */
  commitOffset(offset: ConsumerOffset, options?: CallOptions): Promise<void>;
  /**
   * By queue id: how old the oldest message is that the group has not read, in milliseconds, by the broker's clock; 0: it has
   * read to the end. Only of queues that are written. Made up for a queue in which the group has no place. Throws `NotFound`
   * when the broker lacks the topic.
   */
  unreadAges(group: string, topic: string, options?: CallOptions): Promise<ReadonlyMap<number, number>>;

  /** Offset of the first message of a queue that was stored at that time or later; its end when there is none. */
  offsetAt(place: QueueTime, options?: CallOptions): Promise<number>;
  /**
   * Moves the places of a group in all queues of a topic to a time. What its consumers commit before they have read from
   * there is ignored. Throws `NotFound` when the broker lacks the topic or the group.
   *
   * @returns the new places by queue id
   */
  resetOffsets(reset: OffsetReset, options?: CallOptions): Promise<ReadonlyMap<number, number>>;

  haStatus(options?: CallOptions): Promise<HaStatus>;
  /** Controller mode only. */
  epochs(options?: CallOptions): Promise<EpochCache>;
}

/** A server that consumers connect to: a broker, or the remoting port of a proxy. All calls throw RocketmqError. */
export interface ConsumerAdmin {
  readonly address: string;
  /**
   * The clients of a group: a broker tells of those that are connected to it, a proxy of those of all proxies, as soon as they
   * have told one another.
   */
  consumers(group: string, options?: CallOptions): Promise<Consumers>;
}

/**
 * The users and policies that one broker keeps. Nothing copies them to another broker, so writes go to each member, whoever is
 * master. All calls throw RocketmqError.
 */
export interface AccessAdmin {
  /** By name. */
  users(options?: CallOptions): Promise<ReadonlyMap<string, AccessUser>>;
  createUser(user: AccessUser, options?: CallOptions): Promise<void>;
  changeUser(user: AccessUser, options?: CallOptions): Promise<void>;
  /** With its policies. Succeeds when the user does not exist. */
  deleteUser(username: string, options?: CallOptions): Promise<void>;
  /** By the user's name. */
  policies(options?: CallOptions): Promise<ReadonlyMap<string, readonly AccessPolicy[]>>;
  /** Adds and replaces; policies that are not named stay. */
  putPolicies(username: string, policies: readonly AccessPolicy[], options?: CallOptions): Promise<void>;
  /** Succeeds when the policy does not exist. */
  deletePolicy(username: string, which: PolicyKey, options?: CallOptions): Promise<void>;
}

export type PolicyKey = Pick<AccessPolicy, 'policyType' | 'resource'>;

interface QueueTime {
  readonly topic: string;
  readonly queueId: number;
  /** Epoch milliseconds. */
  readonly timeMs: number;
}

interface OffsetReset {
  readonly group: string;
  readonly topic: string;
  /** Epoch milliseconds. */
  readonly toMs: number;
}

export interface ElectRequest {
  readonly cluster: string;
  readonly brokerName: string;
  /** The controller's broker id, from 1. */
  readonly brokerId: number;
}

interface CleanBrokerRequest {
  readonly cluster: string;
  readonly brokerName: string;
  /** Never empty: RocketMQ takes an empty list for the whole group. */
  readonly brokerIds: readonly number[];
}

/**
 * The controllers, asked through one of them. Calls that only the leader answers are passed on to it
 * once; without a reachable leader they throw `NotLeader`. All calls throw RocketmqError.
 */
export interface ControllerAdmin {
  readonly address: string;
  /** Answered by the asked controller itself. */
  metadata(options?: CallOptions): Promise<ControllerMetadata>;
  /** The effective configuration of the asked controller; values that can hold a secret read `<redacted>`. */
  config(options?: CallOptions): Promise<ReadonlyMap<string, string>>;
  /** Groups that the controllers do not know are absent from the answer. */
  syncState(brokerNames: readonly string[], options?: CallOptions): Promise<ReadonlyMap<string, SyncState>>;
  /** Makes a member the master; afterwards the sync-state set holds only that member until others rejoin. */
  electMaster(request: ElectRequest, options?: CallOptions): Promise<ElectResult>;
  /** Forgets members that are gone; the controllers refuse while one is alive. */
  cleanBrokerData(request: CleanBrokerRequest, options?: CallOptions): Promise<void>;
}
