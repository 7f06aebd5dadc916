/** What is carried from one poll of a group to the next, and how it begins after a restart. Pure. */
import { clusterKeyIn, groupNameOf, type ConsumerGroup, type GroupScalingStatus } from '../api/mod.ts';
import { parseApiVersion, toKubeTime } from '../kube/mod.ts';
import { learnedOf, type LastScaleStatus } from './learned.ts';
import type { LedgerEntry } from './ledger.ts';
import type { GroupLabels } from './metrics.ts';
import type { ScalingState } from './model.ts';
import { noteScale } from './note-scale.ts';
import type { ClientKind } from './settings.ts';
import type { TargetRef } from './target.ts';
import { initialState } from './track.ts';

export interface Carried {
  readonly uid: string | undefined;
  readonly target: string;
  readonly labels: GroupLabels;
  state: ScalingState;
  clients: ClientKind | undefined;
  /** Names of pods of the target that were members of the group. */
  joined: ReadonlySet<string>;
  lastScale: LastScaleStatus | undefined;
  /** Of the last change of the target by the operator that the state knows of, by the monotonic clock. */
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
  return `${namespace} ${parseApiVersion(apiVersion).group} ${kind} ${name}`;
}

/** Takes up what statuses tell, as after a restart. */
export function carriedFrom(from: {
  readonly object: ConsumerGroup;
  readonly target: string;
  /** What the status says. */
  readonly told: GroupScalingStatus | undefined;
  /** The same, if it is about this target. */
  readonly own: GroupScalingStatus | undefined;
  /** Statuses of the other groups that scale the same target. */
  readonly siblings: readonly GroupScalingStatus[];
  readonly nowMs: number;
}): Carried {
  const { object, target, told, own, siblings, nowMs } = from;
  const lastScale = newest([own, ...siblings].flatMap((each) => each?.lastScale ?? []));
  return {
    uid: object.metadata.uid,
    target,
    labels: labelsOf(object),
    state: initialState(learnedOf({ ...own, ...(lastScale === undefined ? {} : { lastScale }) })),
    clients: told?.clients,
    joined: new Set(),
    lastScale,
    notedMs: -Infinity,
    atMs: -Infinity,
    completeMs: nowMs,
    told,
  };
}

function newest(scales: readonly LastScaleStatus[]): LastScaleStatus | undefined {
  return scales.toSorted((a, b) => Date.parse(b.time) - Date.parse(a.time))[0];
}

/** Takes in what the operator has set the target to for another group since the last poll. */
export function noteOthers(carried: Carried, entry: LedgerEntry | undefined): void {
  if (entry === undefined || entry.monotonicMs <= carried.notedMs) return;
  carried.notedMs = entry.monotonicMs;
  carried.lastScale = scaleStatus(entry);
  carried.state = noteScale(carried.state, entry);
}

/** Takes in what it was set to for this group. */
export function noteOwn(carried: Carried, entry: LedgerEntry, decided: number): void {
  // What was decided is expected anyway.
  if (entry.to !== decided) return noteOthers(carried, entry);
  carried.notedMs = entry.monotonicMs;
  carried.lastScale = scaleStatus(entry);
}

/** What decide.ts has seen to change, and nobody here has written. */
export function noteByHand(carried: Carried, before: ScalingState): void {
  const { lastScale: is } = carried.state.learned;
  const was = before.learned.lastScale;
  if (is === undefined || (is.atMs === was?.atMs && is.replicas === was.replicas)) return;
  const from = before.memory.replicas ?? was?.replicas;
  if (from === undefined || is.replicas === carried.lastScale?.to) return;
  carried.lastScale = scaleStatus({ atMs: is.atMs, from, to: is.replicas, reason: 'ByHand' });
}

export function scaleStatus({ atMs, from, to, reason }: Omit<LedgerEntry, 'monotonicMs'>): LastScaleStatus {
  return { time: toKubeTime(atMs), from, to, reason };
}
