/** What the probe in the pod is asked for and what it answers: one JSON line each way. */
import type { Signer } from './remoting.ts';

/** A line to a program that answers many questions. */
export interface ServedQuestion {
  readonly id: number;
  readonly command: string;
  /** Its JSON. */
  readonly question: string;
}

/** A line from it, in the order in which they are ready. */
export type ServedAnswer =
  /** Facts are JSON as well. */
  { readonly id: number; readonly facts: string } | { readonly id: number; readonly failure: string };

export interface ClusterQuestion {
  readonly nameServers: readonly string[];
  readonly controllers: readonly string[];
  readonly cluster: string;
  readonly groups: readonly string[];
}

export interface GroupFacts {
  readonly masterAddress?: string;
  readonly inSync: readonly string[];
  readonly notInSync: readonly string[];
  /** Ids that the controllers gave to members and were not told to forget. */
  readonly ids: readonly string[];
  /** Name server → broker id → address, as each of them lists the group. */
  readonly registrations: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface ClusterFacts {
  readonly controllerLeader?: string;
  /** Controllers that answered, with whom each takes for the leader. */
  readonly controllers: Readonly<Record<string, string>>;
  readonly groups: Readonly<Record<string, GroupFacts>>;
  /** What did not answer, and why. */
  readonly errors: readonly string[];
}

/** Any request of the remoting protocol, to any server. */
export interface RawQuestion {
  /** host:port */
  readonly address: string;
  readonly code: number;
  readonly fields?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signedBy?: Signer;
  /** How often it is sent, one after the other; the last answer is given. */
  readonly times?: number;
}

export interface RawFacts {
  readonly code: number;
  readonly remark: string;
  readonly body: string;
}

export interface SendQuestion {
  readonly broker: string;
  readonly topic: string;
  /** Absent: the first one. */
  readonly queueId?: number;
  readonly body: string;
  readonly timeoutMs: number;
  readonly signedBy?: Signer;
}

export interface SendFacts {
  /** Only code 0 is an acknowledgement. Absent: no answer at all. */
  readonly code?: number;
  readonly messageId?: string;
  readonly remark: string;
  /** From the question to the answer, or to giving up. */
  readonly tookMs: number;
}

export interface OffsetsQuestion {
  /** Addresses of the masters. */
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly group: string;
}

export interface OffsetsFacts {
  readonly queues: readonly {
    readonly broker: string;
    readonly queueId: number;
    readonly minOffset: number;
    readonly maxOffset: number;
    /** Absent: this group never committed here. */
    readonly committed?: number;
  }[];
}

export interface MetadataQuestion {
  readonly brokers: readonly string[];
}

/** What one broker keeps beside its messages. */
export interface MetadataFacts {
  /** As it says it: `V5_5_0`. */
  readonly version: string;
  readonly topics: readonly string[];
  readonly groups: readonly string[];
  /** `topic@group` → `queue=offset queue=offset` */
  readonly offsets: Readonly<Record<string, string>>;
}

export interface Commit {
  readonly topic: string;
  readonly group: string;
  readonly queueId: number;
  readonly offset: number;
}

export interface CommitQuestion {
  readonly broker: string;
  readonly commits: readonly Commit[];
}

export interface LoadQuestion {
  /** http://host:port of the order service. */
  readonly url: string;
  /** http://host:port of the asset service, where each user gets what his orders cost. */
  readonly assetUrl: string;
  readonly users: readonly string[];
  readonly ordersPerUser: number;
  /** Streams of a user that post at the same time; what they post has no order among each other. */
  readonly streamsPerUser: Readonly<Record<string, number>>;
  /** Prefix of the client order ids: makes a run's orders its own. */
  readonly run: string;
  readonly attemptTimeoutMs: number;
  readonly giveUpMs: number;
}

export type LoadLine =
  | {
      readonly type: 'order';
      readonly clientOrderId: string;
      readonly user: string;
      readonly postedAt: number;
      readonly ackedAt?: number;
      readonly attempts: number;
      /** The first failure of this order, if any. */
      readonly failure?: string;
    }
  | { readonly type: 'end' };

export interface StreamQuestion {
  readonly nameServers: readonly string[];
  readonly group: string;
  /** With one queue. */
  readonly topic: string;
  /** Prefix of the bodies: makes a run's messages its own. */
  readonly run: string;
  readonly perSecond: number;
  readonly sendTimeoutMs: number;
  readonly signedBy?: Signer;
}

export type StreamLine =
  | {
      readonly type: 'ack';
      readonly sequence: number;
      /** Epoch milliseconds. */
      readonly at: number;
      readonly attempts: number;
      /** Who acknowledged it, and as what: its place in the log is part of that. */
      readonly broker: string;
      readonly messageId: string;
    }
  | {
      readonly type: 'end';
      /** What the group gives out afterwards: a number twice when a send whose answer was lost was repeated. */
      readonly stored: readonly number[];
    };
