import type { AdoptionPolicy, ConditionReason } from '../api/mod.ts';
import type { Condition, KubeObject, ResourceType } from '../kube/mod.ts';
import type { BatchFailures, BrokerAdmin, CallOptions, TopicRoute } from '../rocketmq/mod.ts';

/** A Kubernetes object that declares something which lives on brokers: a Topic, a ConsumerGroup. */
export interface DeclaredObject extends KubeObject {
  readonly spec: unknown;
  readonly status?: DeclaredStatus;
}

export interface DeclaredStatus {
  readonly observedGeneration?: number | undefined;
  readonly conditions?: readonly Condition[] | undefined;
  /** Broker groups whose master was last read back with the object as declared; sorted. */
  readonly groups?: readonly string[] | undefined;
  /** Of topics: their queues on those groups together. */
  readonly totalQueues?: number | undefined;
  /** Broker groups on which it is the object's own: the others may have something of that name by themselves. */
  readonly ownedOn?: readonly string[] | undefined;
  /** Broker groups whose master does not hold it as declared, or may not; sorted. */
  readonly differing?: readonly Differing[] | undefined;
  /** Since when every master has been closed to what is to run empty. RFC 3339. */
  readonly drainingSince?: string | undefined;
}

/** What is the case on one broker group. */
export interface Differing {
  readonly group: string;
  readonly reason: string;
  readonly message: string;
}

/** What a spec says, or why it cannot be followed. `clusterName` is known as soon as the reference can be read. */
export type Declaration<Desired> =
  | {
      readonly ok: true;
      readonly clusterName: string;
      readonly name: string;
      readonly adoption: AdoptionPolicy;
      readonly deletion: Deletion;
      /** Broker groups that it is declared on; absent: all of them. */
      readonly groups?: readonly string[] | undefined;
      readonly desired: Desired;
    }
  | { readonly ok: false; readonly clusterName?: string; readonly message: string };

/** What becomes of it on the brokers when its object is deleted. */
export type Deletion =
  | { readonly kind: 'Retain' }
  /** `guards`: what has to be the case before. */
  | { readonly kind: 'Delete'; readonly guards: readonly DeletionGuard[] };

export type DeletionGuard = 'onlyIfEmpty' | 'onlyIfUnused';

/** One object on one broker master, compared. */
export type Difference<Write> =
  | { readonly kind: 'Same' }
  | { readonly kind: 'Create'; readonly write: Write }
  /** `keys` are RocketMQ's own names of what differs, for events and messages. */
  | { readonly kind: 'Change'; readonly write: Write; readonly keys: readonly string[] }
  /** What is there has to run empty before this is written. The master is closed to more of it. */
  | { readonly kind: 'Drain'; readonly write: Write; readonly keys: readonly string[] }
  /** RocketMQ cannot do it. Nothing is written anywhere. */
  | { readonly kind: 'Refused'; readonly reason: RefusalReason; readonly message: string };

export type RefusalReason = ConditionReason & 'AttributeImmutable';

/** What the object says to do about what was there before it forbids to write. */
export type AdoptionReason = ConditionReason & ('AlreadyExists' | 'Differs');

/**
 * All that differs between the kinds of objects on brokers; the loop in this folder does the rest.
 * `Actual` is what a broker reports, `Write` what it is sent.
 */
export interface ObjectKind<O extends DeclaredObject, Desired, Actual, Write> {
  readonly type: ResourceType<O>;
  /** For messages: "topic", "consumer group". */
  readonly noun: string;
  /** The status field that repeats RocketMQ's name. */
  readonly nameField: 'topicName' | 'groupName';
  declare(object: O): Declaration<Desired>;
  /** Why this name cannot be used on this very cluster; only for kinds whose brokers reserve names of their own. */
  readonly reservedOn?: (name: string, view: ClusterView) => string | undefined;
  compare(desired: Desired, actual: Actual | undefined): Difference<Write>;
  /** Everything of this kind that one broker holds, by name, in one call. */
  list(broker: BrokerAdmin, options: CallOptions): Promise<ReadonlyMap<string, Actual>>;
  /** Writes only what differs. Throws when the broker cannot be asked at all. */
  write(broker: BrokerAdmin, writes: readonly Write[], options: CallOptions): Promise<BatchFailures>;
  /** Only for kinds that clients find through name servers: is the group's part of the route as declared? */
  readonly isRouted?: (desired: Desired, brokerName: string, route: TopicRoute) => boolean;
  /** Only for kinds of which a part can be given up. */
  readonly drain?: DrainCalls<Desired, Actual>;
  /** Only for topics: queues on one broker group. */
  readonly queuesOf?: (desired: Desired) => number;
  readonly removal: RemovalCalls;
}

/** How it is known that what is to be given up is empty. */
export interface DrainCalls<Desired, Actual> {
  /** Whether a route leads clients to no more of a broker group than what stays. */
  isClosed(desired: Desired, brokerName: string, route: TopicRoute): boolean;
  /** How long after everything was closed something may still come in, in milliseconds. */
  lateMs(actual: Actual, view: ClusterView): number;
  /** Asks one master who has a place in what is draining, be it in a part that stays. By name. */
  readers(
    broker: BrokerAdmin,
    names: readonly string[],
    options: CallOptions,
  ): Promise<ReadonlyMap<string, readonly string[]>>;
  /**
   * Asks one master what is left; by name, and as a clause. Nothing of a name: it is empty there.
   *
   * @throws RocketmqError when the master does not answer; what it says of one name alone is a clause
   */
  leftovers(
    broker: BrokerAdmin,
    draining: ReadonlyMap<string, Closed<Desired>>,
    view: ClusterView,
    options: CallOptions,
  ): Promise<ReadonlyMap<string, string>>;
}

export interface Closed<Desired> {
  readonly desired: Desired;
  readonly closedForMs: number;
  /** Who has a place in it on any master. */
  readonly readers: ReadonlySet<string>;
}

/** How objects of a kind are taken from the brokers, by RocketMQ's names. All calls repeat well. */
export interface RemovalCalls {
  /**
   * Takes them from one broker, and what belongs to them alone.
   *
   * @returns why the broker refused some of them
   * @throws RocketmqError when it cannot be asked: each of them is taken, or not
   */
  remove(broker: BrokerAdmin, names: readonly string[], options: CallOptions): Promise<BatchFailures>;
  /** Asks one master what speaks against the going of those that have guards; by name, and as a clause. */
  readonly objections?: (
    broker: BrokerAdmin,
    guarded: ReadonlyMap<string, readonly DeletionGuard[]>,
    options: CallOptions,
  ) => Promise<ReadonlyMap<string, string>>;
  /** Whether a topic that no broker has any more belonged to the object of that name, so that its route goes as well. */
  isRouteOf(topic: string, name: string): boolean;
}

/**
 * What became of one object in a pass.
 * - `Ready`: read back from every master and, where there are routes, routed by every name server.
 * - `Pending`: tried again by itself. `unknown` tells "no answer" from "answered, and not as it should be".
 * - `Waiting`: something else has to change first, in Kubernetes, or what consumers have still to read.
 * - `Rejected`: will not work until the object, or what it collides with, is changed.
 * - `Deferred`: this pass was full; the object keeps its status and is in the next one.
 */
export type Verdict =
  | { readonly kind: 'Ready' }
  | {
      readonly kind: 'Pending';
      readonly reason: PendingReason;
      readonly message: string;
      readonly unknown: boolean;
    }
  | {
      readonly kind: 'Waiting';
      readonly reason: WaitingReason;
      readonly message: string;
      /** When to look again; absent: as for a cluster that is not ready. */
      readonly pollMs?: number | undefined;
    }
  | { readonly kind: 'Rejected'; readonly reason: RejectedReason; readonly message: string }
  | { readonly kind: 'Deferred' };

/** Of the closed list of reasons: an intersection, so that a word that is not on it does not compile. */
export type PendingReason = ConditionReason &
  (
    | 'NameServersNotReady'
    | 'BrokerUnreachable'
    | 'MasterUnknown'
    | 'NotOnEveryMaster'
    | 'NotRouted'
    | 'Deleting'
    | 'RefusedByBroker'
  );
type WaitingReason = ConditionReason &
  ('ClusterNotFound' | 'ClusterNotReady' | 'BrokerGroupNotFound' | 'Draining' | 'Paused');
type RejectedReason =
  | RefusalReason
  | AdoptionReason
  | (ConditionReason & ('InvalidSpec' | 'Conflict' | 'RefusedByBroker' | 'DeletionBlocked'));

/** Addresses and names of a RocketMQCluster, as its controller builds it. */
export interface ClusterView {
  /** `namespace/name` of the RocketMQCluster. */
  readonly key: string;
  readonly ready: boolean;
  /** Somebody deleted it. */
  readonly leaving: boolean;
  /** A person wants nothing to be taken away. */
  readonly paused: boolean;
  readonly nameServers: readonly string[];
  readonly controllers: readonly string[];
  /** Remoting port of the Service of the proxies. */
  readonly proxy: string;
  /** Only where nobody elects: address of the master of each group, by its name. */
  readonly fixedMasters?: Readonly<Record<string, string>>;
  /** Broker group names: RocketMQ's brokerName. */
  readonly groups: readonly string[];
  /** RocketMQ's brokerClusterName. */
  readonly clusterName: string;
  /** How long a message that a broker holds back may take to its queue, in milliseconds. */
  readonly heldBack: { readonly timedMs: number; readonly transactionMs: number };
}
