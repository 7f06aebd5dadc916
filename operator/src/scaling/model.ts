/**
 * What scaling from lag is told, observes, carries and decides. Data only.
 *
 * Names of fields give units: `…Ms` are milliseconds, `…AtMs` milliseconds of the epoch, `…Rate` messages a second, lag and offsets
 * are messages. A field that is absent is unknown; nothing stands for zero.
 */

/**
 * How messages reach the members of a group, which decides what counts of replicas are of use:
 * `Queue`: remoting clients, each queue has one owner. `Orderly`: the same, and moving a queue stalls it for up to a minute.
 * `Pop`: gRPC clients, every member reads every queue. `PopFifo`: gRPC clients of an ordered group, a queue has one batch out at a time.
 */
export type GroupType = 'Queue' | 'Orderly' | 'Pop' | 'PopFifo';

/** `Scale` alone writes the target; the replicas of the others' targets are written by somebody else. */
export type Actuator = 'Scale' | 'Recommend' | 'KEDA';

export interface ScalingSettings {
  readonly actuator: Actuator;
  readonly groupType: GroupType;
  /** No message shall wait for longer, from being stored to being acknowledged. From 1. */
  readonly sloSeconds: number;
  /** In which a backlog is to be worked off. Default: sloSeconds. */
  readonly drainSeconds: number;
  /** From 0; 0 allows zero replicas, which nothing else does. */
  readonly minReplicas: number;
  /** From max(1, minReplicas). */
  readonly maxReplicas: number;
  /** Where the group begins in a queue in which it has no place yet. Clients of RocketMQ default to `Last`. */
  readonly initialPosition: 'First' | 'Last';
  /** Messages a second that one replica handles, as a person said: believed until the first measurement. */
  readonly serviceRateHint?: number;
  /** Only what was not needed for so long is taken away. Default 120. */
  readonly downWindowSeconds: number;
  /** Without anything to do for so long goes to zero, if minReplicas is 0. Default 300; for POP at least the invisible time + 30. */
  readonly idleSeconds: number;
  /** Replicas that a group at zero gets first, while its service rate is unknown. Default 1. */
  readonly wakeReplicas: number;
  /** After so long without a complete observation replicas are raised to fallbackReplicas. Default 60. */
  readonly staleSeconds: number;
  /** Only ever raises. Absent: replicas stay as they are. */
  readonly fallbackReplicas?: number;
}

export interface ObservedQueue {
  /** Name of the broker group. */
  readonly broker: string;
  readonly topic: string;
  readonly queueId: number;
  /** Of the oldest message that is there. */
  readonly oldestOffset: number;
  /** That the next message will get. */
  readonly newestOffset: number;
  /** That the group reads next. Absent: it has no place in the queue. */
  readonly committedOffset?: number;
  /** Of a retry topic: what waits there counts, and never justifies more replicas than the topic has queues. */
  readonly retry: boolean;
}

/** One missing answer makes all of it partial: lag that is not known is no reason for anything. */
export type ObservedQueues =
  | { readonly kind: 'Complete'; readonly queues: readonly ObservedQueue[] }
  | {
      readonly kind: 'Partial';
      /** Names for people of who did not answer, such as "broker-a" or "the name servers". */
      readonly silent: readonly string[];
    };

export interface ObservedPod {
  readonly name: string;
  /** `Leaving`: it has a deletionTimestamp. Pods that have ended are not told of. */
  readonly state: 'Starting' | 'Ready' | 'Leaving';
  /** Of the template, as the label pod-template-hash or controller-revision-hash has it. */
  readonly templateHash: string;
  /** Whether a client of it is a member of the group. Absent: unknown, as when members are, or cannot be told apart. */
  readonly joined?: boolean;
}

export interface ObservedTarget {
  /** spec.replicas of the scale subresource; never status.replicas, which holds surplus pods of a rollout. */
  readonly replicas: number;
  readonly pods: readonly ObservedPod[];
  /** Of the newest template. */
  readonly templateHash: string;
  /** `Rolling`: pods of an older template are there, or observedGeneration is behind. */
  readonly rollout: 'Settled' | 'Rolling' | 'Paused';
}

export interface Observation {
  /** When the queues were heard, by the operator's clock. */
  readonly atMs: number;
  readonly queues: ObservedQueues;
  /** Delivered to gRPC clients and not acknowledged. */
  readonly inFlight?: number;
  readonly target: ObservedTarget;
  /** Whoever else scales the target, such as "HorizontalPodAutoscaler orders". */
  readonly rivals: readonly string[];
  /** Members read the group as a broadcast: every one gets everything, and its place is in its own files. */
  readonly broadcast: boolean;
}

/** A bottleneck that all replicas share: more of them did not help. */
export interface Cap {
  readonly replicas: number;
  readonly untilAtMs: number;
  /** How long it holds; the next one holds twice as long. */
  readonly holdMs: number;
}

/**
 * What is kept in the status, so that a restart does not learn it again. JSON; all of it may be missing. Write it when the replicas
 * change, and at most once a minute otherwise.
 */
export interface Learned {
  readonly serviceRate?: {
    readonly perReplica: number;
    readonly samples: number;
    /** Of the pods that it was measured on; with another template it is a prior. */
    readonly templateHash: string;
    readonly measuredAtMs: number;
  };
  /** From being seen first to reading, of the slower pods. */
  readonly startupMs?: number;
  readonly cap?: Cap;
  /** By ourselves, or by whoever else writes the target. `replicas`: what it has been set to. */
  readonly lastScale?: { readonly atMs: number; readonly replicas: number; readonly up: boolean };
  /** Since when there has been nothing to do. */
  readonly idleSinceAtMs?: number;
}

/** What is measured, for status and metrics. Absent: unknown. */
export interface Figures {
  readonly lag?: number;
  /** Of the oldest message that waits, at most as far back as is remembered (two minutes). */
  readonly headAgeMs?: number;
  /** Messages that come and messages that are done, a second, over the last half minute. */
  readonly arrivalRate?: number;
  readonly consumeRate?: number;
  readonly serviceRate?: number;
  readonly serviceRateSamples: number;
  readonly startupMs?: number;
  /** That the last message in the busiest queue will wait, if nothing is changed. */
  readonly predictedWaitMs?: number;
  /** Messages a second that come for the busiest replica. */
  readonly busiestLoad?: number;
  /** More replicas are of no use, or not allowed. */
  readonly bound?: number;
  /** Pods that read, and pods on their way. */
  readonly consumers: number;
  readonly starting: number;
}

/** Something that stands, whatever was decided. Each is a condition. */
export type Finding =
  /** As many replicas as there are queues, and they are not enough. */
  | { readonly kind: 'QueueBound'; readonly bound: number }
  /** One queue has more to do than one replica can. */
  | {
      readonly kind: 'HotQueue';
      readonly queue: QueueName;
      readonly load: number;
      readonly serviceRate: number;
    }
  /** Queues with a backlog of which nothing is committed while others move. */
  | { readonly kind: 'StuckQueues'; readonly queues: readonly QueueName[] }
  /** There are consumers, and nothing is committed anywhere. */
  | { readonly kind: 'NothingConsumed'; readonly sinceAtMs: number }
  /** More replicas did not help: what they all wait for is slow. */
  | { readonly kind: 'ScalingIneffective'; readonly cap: Cap }
  /** A new pod comes too late for the SLO. Replicas that would have to be there already. */
  | { readonly kind: 'SloUnreachable'; readonly reactionMs: number; readonly warmReplicas?: number }
  /** Pods that do not become ready, or members, in three times the usual time. */
  | { readonly kind: 'PodsNotJoining'; readonly pods: readonly string[] };

export interface QueueName {
  readonly broker: string;
  readonly topic: string;
  readonly queueId: number;
}

/** Why there are to be as many replicas as decided. The facts are those it was decided by. */
export type Reason =
  // More.
  | {
      readonly kind: 'Backlog';
      readonly predictedWaitMs: number;
      readonly limitMs: number;
      readonly lag: number;
      readonly serviceRate: number;
    }
  | { readonly kind: 'ArrivalRate'; readonly arrivalRate: number; readonly serviceRate: number }
  | { readonly kind: 'ServiceRateUnknown'; readonly lag: number }
  | { readonly kind: 'Wake'; readonly lag: number }
  | { readonly kind: 'Fallback'; readonly silent: readonly string[]; readonly staleMs: number }
  | { readonly kind: 'BelowMinimum'; readonly minReplicas: number }
  // Fewer.
  | {
      readonly kind: 'Spare';
      readonly arrivalRate: number;
      readonly serviceRate?: number;
      readonly windowMs: number;
    }
  | { readonly kind: 'Idle'; readonly idleMs: number }
  /** More replicas than that do not get more done, or are thought not to. */
  | { readonly kind: 'Bottleneck'; readonly replicas: number }
  | { readonly kind: 'AboveBound'; readonly bound: number }
  // As many.
  | { readonly kind: 'Enough' }
  | { readonly kind: 'Observing' }
  | { readonly kind: 'Refused'; readonly because: 'Broadcast' | 'Rival'; readonly rivals: readonly string[] }
  | { readonly kind: 'Incomplete'; readonly silent: readonly string[] }
  /** Offsets went back, or queues are new: a reset, or a topic made anew. */
  | { readonly kind: 'OffsetsMoved'; readonly queue: QueueName }
  /** Somebody set it to zero, and zero is not asked for: as for a HorizontalPodAutoscaler that means to leave it alone. */
  | { readonly kind: 'Stopped' }
  | { readonly kind: 'ByHand'; readonly replicas: number; readonly untilAtMs: number }
  /** More (or fewer) are wanted, and something is waited for. */
  | { readonly kind: 'Waiting'; readonly wanted: number; readonly until: WaitingFor };

export type WaitingFor =
  | 'PodsReady'
  | 'Settled'
  | 'DownWindow'
  | 'AfterUp'
  | 'Rollout'
  | 'StuckQueues'
  | 'Cap'
  | 'PodsJoin'
  | 'Consumption';

export interface Decision {
  /** Equal to the target's when nothing is to be done. */
  readonly replicas: number;
  readonly reason: Reason;
  readonly findings: readonly Finding[];
  readonly figures: Figures;
  /** For the next decision. */
  readonly state: ScalingState;
}

/** Carried from one decision to the next. Only `learned` outlives the process; the rest is built again within a minute. */
export interface ScalingState {
  readonly learned: Learned;
  readonly memory: Memory;
}

/** Nobody's concern but decide.ts and its neighbours. */
export interface Memory {
  /** Complete observations without a break, newest last. */
  readonly samples: readonly Sample[];
  /** Of the last observation, complete or not. */
  readonly lastAtMs?: number | undefined;
  readonly lastCompleteAtMs?: number | undefined;
  /** Of the target, when it was seen last. */
  readonly replicas?: number | undefined;
  /** What was decided lately: a target that has another number was written by somebody else. */
  readonly wanted: readonly Step[];
  readonly byHandUntilAtMs?: number | undefined;
  readonly ignoredUntilAtMs?: number | undefined;
  readonly moved?: QueueName | undefined;
  readonly lastUpAtMs?: number | undefined;
  readonly lastDownAtMs?: number | undefined;
  readonly flappedAtMs?: number | undefined;
  /** How many consumers there are, and since when. */
  readonly consumers?: { readonly count: number; readonly sinceAtMs: number } | undefined;
  /** Pods that do not read yet: when each was seen first. */
  readonly waitedFor: ReadonlyMap<string, number>;
  readonly sampledAtMs?: number | undefined;
  /** A sample that was far off the service rate; another one makes it the rate. */
  readonly farOff?: number | undefined;
  /** From which the service rate fell last at once. */
  readonly fell?: Fall | undefined;
  readonly trial?: Trial | undefined;
  /** What would have been enough, over the down window. */
  readonly enough: readonly Step[];
  readonly bound?: Step | undefined;
  /** The largest slow arrival rate of late. */
  readonly peak?: { readonly rate: number; readonly atMs: number } | undefined;
}

export interface Fall {
  readonly atMs: number;
  readonly from: number;
  /** More replicas did get more done: each of them is slow. */
  readonly isOwn: boolean;
}

export interface Step {
  readonly atMs: number;
  readonly replicas: number;
}

/** A change of the replicas of which it is to be seen what it brings. */
export interface Trial {
  /** `Raise`: is it worth it? `Cut`: is it as good? `Settled`: no more of them while the cap holds. */
  readonly kind: 'Raise' | 'Cut' | 'Settled';
  readonly atMs: number;
  readonly from: number;
  readonly to: number;
  /** Messages a second before it, and of one replica when the rate was trusted last. */
  readonly consumeRate: number;
  readonly serviceRate: number;
}

/** What one observation told, reduced to what rates need. */
export interface Sample {
  readonly atMs: number;
  readonly layout: Layout;
  /** By queue, in the order of the layout: what came, and what is read; -1 where the group has no place. */
  readonly newest: readonly number[];
  readonly read: readonly number[];
  /** By queue: messages that wait, as offsets have it. */
  readonly lag: readonly number[];
  /** By queue: when it was last seen to move, or to have nothing that waits. */
  readonly movedAtMs: readonly number[];
}

/** The queues of a group in the order in which clients divide them: by topic, broker and id (`MessageQueue.compareTo`). */
export interface Layout {
  readonly queues: readonly LaidQueue[];
  readonly topics: readonly LaidTopic[];
}

export interface LaidQueue extends QueueName {
  readonly placed: boolean;
}

export interface LaidTopic {
  /** Index of its first queue. */
  readonly first: number;
  readonly count: number;
  readonly retry: boolean;
}
