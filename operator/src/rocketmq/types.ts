import type { JsonObject } from './codec/json-value.ts';
import type { RocketmqError } from './errors.ts';

/** Last parameter of every call. `timeoutMs` covers connecting and answering together. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/** RocketMQ's change counter for one table of a broker; equal means unchanged. */
export interface DataVersion {
  readonly counter: number;
  readonly stateVersion: number;
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

/** One broker group as a name server lists it. Broker id 0 is the current master. */
export interface BrokerGroup {
  readonly brokerName: string;
  readonly cluster: string;
  /** Broker id → host:port. */
  readonly addresses: ReadonlyMap<number, string>;
}

export interface ClusterInfo {
  /** By broker name. */
  readonly brokers: ReadonlyMap<string, BrokerGroup>;
  /** RocketMQ cluster name → broker names. */
  readonly clusters: ReadonlyMap<string, readonly string[]>;
}

export interface QueueRoute {
  readonly brokerName: string;
  readonly readQueueNums: number;
  readonly writeQueueNums: number;
  readonly perm: number;
  readonly topicSysFlag: number;
}

export interface TopicRoute {
  readonly brokers: readonly BrokerGroup[];
  readonly queues: readonly QueueRoute[];
  readonly orderTopicConf?: string;
}

type TopicFilterType = 'SINGLE_TAG' | 'MULTI_TAG';

export interface TopicConfig {
  readonly topicName: string;
  readonly readQueueNums: number;
  readonly writeQueueNums: number;
  /** Bits: 4 read, 2 write, 1 inherit. */
  readonly perm: number;
  readonly order: boolean;
  /** Keys without the sign that the wire format wants, for instance `message.type`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly topicFilterType: TopicFilterType;
  readonly topicSysFlag: number;
}

/**
 * What a broker should hold for a topic. Attributes that are not named are kept by the broker;
 * those in `removeAttributes` must exist there, or the broker refuses.
 */
export interface TopicWrite extends TopicConfig {
  readonly removeAttributes?: readonly string[];
}

export interface TopicTable {
  readonly dataVersion: DataVersion;
  readonly topics: ReadonlyMap<string, TopicConfig>;
}

export type GroupRetryPolicy =
  | {
      readonly type: 'EXPONENTIAL';
      readonly initialMs: number;
      readonly maxMs: number;
      readonly multiplier: number;
    }
  | { readonly type: 'CUSTOMIZED'; readonly delaysMs: readonly number[] };

export interface SubscriptionGroupConfig {
  readonly groupName: string;
  readonly consumeEnable: boolean;
  readonly consumeFromMinEnable: boolean;
  readonly consumeBroadcastEnable: boolean;
  readonly consumeMessageOrderly: boolean;
  readonly retryQueueNums: number;
  readonly retryMaxTimes: number;
  readonly groupRetryPolicy: GroupRetryPolicy;
  readonly brokerId: number;
  readonly whichBrokerWhenConsumeSlowly: number;
  readonly notifyConsumerIdsChangedEnable: boolean;
  readonly groupSysFlag: number;
  readonly consumeTimeoutMinute: number;
  readonly attributes: Readonly<Record<string, string>>;
  /**
   * Fields of the broker's answer that this client does not know. Sent back as they came: a broker
   * resets every field that a write leaves out.
   */
  readonly extra?: JsonObject;
}

export interface SubscriptionGroupTable {
  readonly dataVersion: DataVersion;
  readonly groups: ReadonlyMap<string, SubscriptionGroupConfig>;
}

/** Items of a batch that the broker refused, by name. Items that are absent were accepted. */
export type BatchFailures = ReadonlyMap<string, RocketmqError>;

export interface QueueKey {
  readonly brokerName: string;
  readonly topic: string;
  readonly queueId: number;
}

interface QueueStats extends QueueKey {
  readonly minOffset: number;
  /** The offset that the next message will get. */
  readonly maxOffset: number;
  /** Epoch milliseconds; 0 when the queue never got a message. */
  readonly lastUpdateTimestamp: number;
}

export interface TopicStats {
  readonly queues: readonly QueueStats[];
}

interface QueueConsumeStats extends QueueKey {
  /** The offset that the next message will get. */
  readonly brokerOffset: number;
  /** Committed offset; 0 also when the group never committed (RocketMQ does not tell them apart). */
  readonly consumerOffset: number;
  readonly pullOffset: number;
  /** Store time of the last consumed message in epoch milliseconds, 0 if none. */
  readonly lastTimestamp: number;
}

export interface ConsumeStats {
  /** Absent when the broker does not know it. */
  readonly consumeTps?: number;
  readonly queues: readonly QueueConsumeStats[];
}

export interface ConsumerOffset {
  readonly group: string;
  readonly topic: string;
  readonly queueId: number;
  /** The next message to consume. */
  readonly offset: number;
}

/** Group → topic → queue id → committed offset. A queue that is absent was never committed. */
export type ConsumerOffsets = ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<number, number>>>;

/** The clients of a group that are connected to one server. */
export interface Consumers {
  /** As the clients call themselves: remoting ones `address@…`, gRPC ones `host name@…`. */
  readonly clientIds: readonly string[];
  /** They said that each of them wants every message, and keep their places themselves. */
  readonly broadcast: boolean;
}

export interface HaConnection {
  /** Peer of the replication socket, not the replica's service address. */
  readonly address: string;
  readonly slaveAckOffset: number;
  /** Bytes behind the master. */
  readonly diff: number;
  readonly inSync: boolean;
  readonly transferFromWhere: number;
  readonly transferredByteInSecond: number;
}

export type HaStatus =
  | {
      readonly role: 'master';
      readonly masterCommitLogMaxOffset: number;
      readonly inSyncSlaveNums: number;
      readonly connections: readonly HaConnection[];
    }
  | {
      readonly role: 'slave';
      readonly masterAddress: string;
      readonly masterFlushOffset: number;
      readonly maxOffset: number;
      /** Epoch milliseconds, 0 when nothing was read yet. */
      readonly lastReadTimestamp: number;
      readonly lastWriteTimestamp: number;
      readonly transferredByteInSecond: number;
    };

interface EpochEntry {
  readonly epoch: number;
  readonly startOffset: bigint;
  /** The largest int64 while the epoch is open. */
  readonly endOffset: bigint;
}

export interface EpochCache {
  readonly cluster: string;
  readonly brokerName: string;
  readonly brokerId: number;
  readonly maxOffset: bigint;
  readonly epochs: readonly EpochEntry[];
}

export interface ControllerMetadata {
  readonly group: string;
  /** Absent during an election. */
  readonly leaderId?: string;
  /** host:port for requests; absent during an election. */
  readonly leaderAddress?: string;
  /** True when the controller that answered leads. */
  readonly isLeader: boolean;
  readonly peers: readonly { readonly id: string; readonly address: string }[];
}

export interface SyncStateReplica {
  /** The controller's own id, from 1; a name server lists the current master as 0 instead. */
  readonly brokerId: number;
  readonly address: string;
  readonly alive: boolean;
}

export interface SyncState {
  /** Absent while the group has no master. */
  readonly masterBrokerId?: number;
  readonly masterAddress?: string;
  readonly masterEpoch: number;
  readonly syncStateSetEpoch: number;
  readonly inSync: readonly SyncStateReplica[];
  readonly notInSync: readonly SyncStateReplica[];
}

export interface ElectResult {
  /** False when the broker was master already. */
  readonly changed: boolean;
  readonly masterBrokerId: number;
  readonly masterAddress: string;
  readonly masterEpoch: number;
  readonly syncStateSetEpoch: number;
}

/** A user of RocketMQ's access control, as one broker keeps it. */
export interface AccessUser {
  readonly username: string;
  readonly password: string;
  readonly type: 'Super' | 'Normal';
  readonly enabled: boolean;
}

/** What a user may do with one resource; a broker keeps one entry per policy type and resource. */
export interface AccessPolicy {
  readonly policyType: 'Custom' | 'Default';
  readonly resource: string;
  /** In the order in which they were written, spelled `All`, `Pub`, `Sub`, `Create`, `Update`, `Delete`, `Get`, `List`. */
  readonly actions: readonly string[];
  /** Addresses and networks; none: all. */
  readonly sourceIps: readonly string[];
  readonly decision: 'Allow' | 'Deny';
}
