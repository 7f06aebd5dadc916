import type { AdoptionPolicy, AllowedNamespaces, ConditionReason } from '../api/mod.ts';
import type { Condition, KubeObject, ResourceType } from '../kube/mod.ts';
import type { BatchFailures, BrokerAdmin, CallOptions, TopicRoute } from '../rocketmq/mod.ts';

/** A Kubernetes object that declares something which lives on brokers: a Topic, a ConsumerGroup, a User. */
export interface DeclaredObject extends KubeObject {
  readonly spec: unknown;
  readonly status?: DeclaredStatus;
}

export interface DeclaredStatus {
  readonly observedGeneration?: number | undefined;
  readonly conditions?: readonly Condition[] | undefined;
  /** Broker groups whose master was last read back with the object as declared; sorted. */
  readonly groups?: readonly string[] | undefined;
  /** Of what every member has: those that were last read back with the object as declared; sorted. */
  readonly members?: readonly string[] | undefined;
  /** Of topics: their queues on those groups together. */
  readonly totalQueues?: number | undefined;
  /** Broker groups on which it is the object's own: the others may have something of that name by themselves. */
  readonly ownedOn?: readonly string[] | undefined;
  /** Broker groups whose master does not hold it as declared, or may not, or members; sorted. */
  readonly differing?: readonly (Differing | MemberDiffering)[] | undefined;
  /** Since when every master has been closed to what is to run empty. RFC 3339. */
  readonly drainingSince?: string | undefined;
  /** Of users: their names in RocketMQ that were last read back on every member; sorted. */
  readonly accessKeys?: readonly string[] | undefined;
  /** Of users: the last rotation of their credentials. */
  readonly rotation?: Rotation | undefined;
}

/** What is the case on one broker group, or on one member. */
export interface Differing {
  readonly group: string;
  readonly reason: string;
  readonly message: string;
}

/** The same in the status of what every member has. */
export interface MemberDiffering {
  readonly member: string;
  readonly reason: string;
  readonly message: string;
}

export interface Rotation {
  readonly id: string;
  /** RFC 3339. */
  readonly retiresAt?: string | undefined;
}

/** What the status of a kind says beside of what all kinds say. */
export type Details = Pick<DeclaredStatus, 'accessKeys' | 'rotation'>;

/** What a spec says, or why it cannot be followed. */
export type Declaration<Desired> =
  | {
      readonly ok: true;
      /** `namespace/name` of the RocketMQCluster that it refers to; of none when the reference cannot be read. */
      readonly clusterKey: string;
      readonly name: string;
      readonly adoption: AdoptionPolicy;
      readonly deletion: Deletion;
      /** Broker groups that it is declared on; absent: all of them. */
      readonly groups?: readonly string[] | undefined;
      readonly desired: Desired;
      /** Why it cannot be made for now, whatever brokers say. It can be taken away. */
      readonly lacks?: Lack | undefined;
    }
  | { readonly ok: false; readonly clusterKey: string; readonly message: string };

/** Something in Kubernetes that is missing, or in the way. Whoever changes that tells the loop. */
export type Lack =
  | {
      readonly kind: 'Waiting';
      readonly reason: ConditionReason & ('AccessControlOff' | 'SecretNotFound' | 'SecretInvalid');
      readonly message: string;
    }
  | {
      readonly kind: 'Rejected';
      readonly reason: ConditionReason & 'SecretNotOwned';
      readonly message: string;
    };

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
  readonly nameField: 'topicName' | 'groupName' | 'userName';
  readonly places: Places;
  declare(object: O): Declaration<Desired>;
  /** Why this name cannot be used on this very cluster; only for kinds whose brokers reserve names of their own. */
  readonly reservedOn?: (name: string, view: ClusterView) => string | undefined;
  /** What a cluster lacks for objects of this kind. */
  readonly lacking?: (view: ClusterView) => Lack | undefined;
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
  /** Only for users. @param ready what is declared was read back everywhere */
  readonly details?: (desired: Desired, ready: boolean, before: DeclaredStatus | undefined) => Details;
  /** Only for kinds that are declared by more than their spec: whether a status is about this very declaration. */
  readonly isAbout?: (status: DeclaredStatus | undefined, desired: Desired) => boolean;
  readonly removal: RemovalCalls;
}

/**
 * Where objects of a kind are: on the master of every broker group, whose replicas copy them, or on every member, as nobody
 * copies them.
 */
export type Places = 'Masters' | 'Members';

/** How it is known that what is to be given up is empty. */
export interface DrainCalls<Desired, Actual> {
  /** Whether a route leads clients to no more of a broker group than what stays. */
  isClosed(desired: Desired, brokerName: string, route: TopicRoute): boolean;
  /** How long after everything was closed something may still come in, in milliseconds. */
  lateMs(actual: Actual, view: ClusterView): number;
  /** Asks one master who has a place in what, by name: be it in a part that stays. */
  readers(broker: BrokerAdmin, options: CallOptions): Promise<ReadonlyMap<string, readonly string[]>>;
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
      /** Longest pause before the next try; absent: as failures grow. */
      readonly atMostMs?: number | undefined;
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
    | 'NamespaceUnknown'
    | 'NameServersNotReady'
    | 'BrokerUnreachable'
    | 'MasterUnknown'
    | 'NotOnEveryMaster'
    | 'NotOnEveryMember'
    | 'NotRouted'
    | 'Deleting'
    | 'RefusedByBroker'
  );
type WaitingReason = ConditionReason &
  (
    | 'ClusterNotFound'
    | 'ClusterDeleting'
    | 'ClusterNotReady'
    | 'BrokerGroupNotFound'
    | 'Draining'
    | 'Paused'
    | 'AccessControlOff'
    | 'SecretNotFound'
    | 'SecretInvalid'
  );
type RejectedReason =
  | RefusalReason
  | AdoptionReason
  | (ConditionReason &
      ('NotAllowed' | 'InvalidSpec' | 'Conflict' | 'RefusedByBroker' | 'DeletionBlocked' | 'SecretNotOwned'));

/** Addresses and names of a RocketMQCluster, as its controller builds it. */
export interface ClusterView {
  /** `namespace/name` of the RocketMQCluster. */
  readonly key: string;
  readonly ready: boolean;
  /** Somebody deleted it. */
  readonly leaving: boolean;
  /** A person wants nothing to be taken away. */
  readonly paused: boolean;
  /** From which namespaces objects are taken, beside its own. */
  readonly allowedNamespaces: AllowedNamespaces;
  readonly nameServers: readonly string[];
  readonly controllers: readonly string[];
  /** Remoting port of the Service of the proxies. */
  readonly proxy: string;
  /** gRPC port of the Service of the proxies. */
  readonly grpc: string;
  /** Whether users are asked for: brokers keep those that they have when it is switched off. */
  readonly accessControl: boolean;
  /** Where brokers export their metrics; absent: they do not. */
  readonly metricsPort?: number;
  /** Only where nobody elects: address of the master of each group, by its name. */
  readonly fixedMasters?: Readonly<Record<string, string>>;
  /** Broker group names: RocketMQ's brokerName. */
  readonly groups: readonly string[];
  /** Every broker by the name of its pod, and the address that stays with that name. */
  readonly members: readonly { readonly name: string; readonly group: string; readonly address: string }[];
  /** RocketMQ's brokerClusterName. */
  readonly clusterName: string;
  /** How long a message that a broker holds back may take to its queue, in milliseconds. */
  readonly heldBack: { readonly timedMs: number; readonly transactionMs: number };
}
