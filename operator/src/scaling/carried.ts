/** What is carried from one poll of a group to the next, and how it begins after a restart. Pure. */
import { clusterKeyIn, groupNameOf, type ConsumerGroup, type GroupScaling, type GroupScalingStatus } from '../api/mod.ts';
import { toKubeTime } from '../kube/mod.ts';
import { learnedOf, type LastScaleStatus } from './learned.ts';
import type { LedgerEntry } from './ledger.ts';
import type { GroupLabels } from './metrics.ts';
import type { Learned, ScalingState } from './model.ts';
import { noteScale } from './note-scale.ts';
import type { ClientKind } from './settings.ts';
import type { TargetRef } from './target.ts';

export interface Carried {
  readonly uid: string | undefined;
  readonly target: string;
  readonly labels: GroupLabels;
  state: ScalingState;
  clients: ClientKind | undefined;
  lastScale: LastScaleStatus | undefined;
  /** Own or another group's change of the target that the state knows of, by the monotonic clock. */
  notedMs: number;
  /** Of the last observation. */
  atMs: number;
  /** When everything was known, by the monotonic clock. */
  completeMs: number;
  /** As it was last computed, written or not. */
  told: GroupScalingStatus | undefined;
}

export function labelsOf(object: ConsumerGroup): GroupLabels {
  return { cluster: clusterKeyIn(object), group: groupNameOf(object) };
}

/** Objects of one target have one key. */
export function targetKey(namespace: string, { apiVersion, kind, name }: TargetRef): string {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  return `${namespace} ${group ?? ''} ${kind} ${name}`;
}

/**
 * Takes up what the statuses tell. A status of another target tells nothing: its last scale was that of others.
 *
 * @param siblings statuses of the other groups that scale the same target
 */
export function carriedFrom(
  object: ConsumerGroup,
  scaling: GroupScaling,
  siblings: readonly GroupScalingStatus[],
  beginning: (learned: Learned) => ScalingState,
  nowMs: number,
): Carried {
  const status = object.status?.scaling;
  const lastScale = newest([status, ...siblings].flatMap((each) => each?.lastScale ?? []));
  return {
    uid: object.metadata.uid,
    target: targetKey(object.metadata.namespace ?? '', scaling.scaleTargetRef),
    labels: labelsOf(object),
    state: beginning(learnedOf({ ...status, ...(lastScale === undefined ? {} : { lastScale }) })),
    clients: status?.clients,
    lastScale,
    notedMs: -Infinity,
    atMs: -Infinity,
    completeMs: nowMs,
    told: status,
  };
}

function newest(scales: readonly LastScaleStatus[]): LastScaleStatus | undefined {
  return scales.toSorted((a, b) => Date.parse(b.time) - Date.parse(a.time))[0];
}

/** Takes in what the operator has set the target to since the last poll, for whichever group. */
export function noted(carried: Carried, entry: LedgerEntry | undefined): ScalingState {
  if (entry === undefined || entry.monotonicMs <= carried.notedMs) return carried.state;
  carried.notedMs = entry.monotonicMs;
  carried.lastScale = scaleStatus(entry);
  return noteScale(carried.state, entry);
}

export function scaleStatus({ atMs, from, to, reason }: Omit<LedgerEntry, 'monotonicMs'>): LastScaleStatus {
  return { time: toKubeTime(atMs), from, to, reason };
}
