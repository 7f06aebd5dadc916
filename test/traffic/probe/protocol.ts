/** What the probe on the control plane's node is asked for and what it answers, through files of one folder. */
import type { ClusterFacts, ClusterQuestion } from '../../e2e/harness/probe/protocol.ts';

export interface TrafficQuestion {
  readonly cluster: ClusterQuestion;
  /** host:port of the proxies' remoting listener. */
  readonly proxy: string;
  readonly topic: string;
  readonly queues: number;
  /** Prefix of the bodies: makes a run's messages its own. */
  readonly run: string;
  /** Of all groups together. */
  readonly perSecond: number;
  readonly sendTimeoutMs: number;
}

/** Names below the folder. */
export const files = {
  script: 'probe.mjs',
  question: 'question.json',
  record: 'record.txt',
  progress: 'progress.json',
  /** The probe ends its sends once this file is there. */
  stop: 'stop',
} as const;

export interface GroupProgress {
  readonly acknowledged: number;
  /** Epoch milliseconds; 0: never. */
  readonly lastAckAt: number;
  readonly delivered: number;
}

export interface Progress {
  /** Epoch milliseconds at which this was written. */
  readonly at: number;
  /** Sending; reading what is left; everything is in the record; ended by an error. */
  readonly state: 'Sending' | 'Reading' | 'Done' | 'Failed';
  readonly error?: string;
  readonly groups: Readonly<Record<string, GroupProgress>>;
  /** What controllers and name servers said when last asked; absent: not asked yet. */
  readonly facts?: ClusterFacts;
  /** When that question was put. */
  readonly askedAt?: number;
}
