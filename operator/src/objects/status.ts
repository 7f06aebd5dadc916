import { findCondition, removeCondition, setCondition, toKubeTime, type Condition } from '../kube/mod.ts';
import type { DeclaredObject, DeclaredStatus, Differing, ObjectKind } from './kind.ts';
import type { Judged } from './verdicts.ts';

export interface Finding {
  readonly verdict: Judged;
  /** Groups read back as declared; undefined when nobody was asked, and the last known ones stay. */
  readonly confirmedOn: readonly string[] | undefined;
  /** Groups whose master told nothing: no answer takes nothing away that was read back of this very spec. */
  readonly unheardOn?: readonly string[] | undefined;
  /** Of topics. */
  readonly queuesPerGroup?: number | undefined;
  readonly differing?: readonly Differing[] | undefined;
  /** Undefined: nobody looked. */
  readonly ownedOn?: readonly string[] | undefined;
  readonly drainingSinceMs?: number | undefined;
}

/** The part of a kind that its status needs. */
export type Naming = Pick<ObjectKind<DeclaredObject, unknown, unknown, unknown>, 'noun' | 'nameField'>;

/**
 * The status that a finding means. `Ready` is always there; `Stalled` and `Reconciling` only while they are True,
 * as kstatus and Argo CD read them: Stalled when nothing happens until somebody changes something.
 *
 * @param name RocketMQ's name; undefined while the spec cannot be read
 * @returns the very same object when nothing changed, so that no write follows
 */
export function nextStatus(
  status: DeclaredStatus | undefined,
  generation: number,
  finding: Finding,
  naming: Naming,
  name: string | undefined,
  nowIso: string,
): DeclaredStatus {
  const groups = nextGroups(status, generation, finding);
  const next: DeclaredStatus = {
    observedGeneration: generation,
    conditions: nextConditions(status?.conditions ?? [], generation, finding.verdict, naming.noun, nowIso),
    ...(name === undefined ? {} : { [naming.nameField]: name }),
    ...(groups === undefined ? {} : whereItIs(groups, status, finding)),
    ...withDiffering(finding),
    ...withDrain(finding),
  };
  return status !== undefined && sameStatus(status, next, naming) ? status : next;
}

function nextGroups(
  status: DeclaredStatus | undefined,
  generation: number,
  { confirmedOn, unheardOn = [] }: Finding,
): readonly string[] | undefined {
  const last = status?.groups;
  if (last === undefined) return confirmedOn?.toSorted();
  const known = status?.observedGeneration === generation ? last : [];
  if (confirmedOn === undefined) return known;
  return [...new Set([...confirmedOn, ...known.filter((group) => unheardOn.includes(group))])].toSorted();
}

function whereItIs(
  groups: readonly string[],
  status: DeclaredStatus | undefined,
  { ownedOn: owned = status?.ownedOn, queuesPerGroup }: Finding,
): Pick<DeclaredStatus, 'groups' | 'ownedOn' | 'totalQueues'> {
  return {
    groups,
    ...(owned === undefined ? {} : { ownedOn: owned }),
    ...(queuesPerGroup === undefined ? {} : { totalQueues: groups.length * queuesPerGroup }),
  };
}

/**
 * Groups on which it is the object's own.
 *
 * @returns undefined: all of them, of a status that was written before this was told
 */
export function ownedOn(status: DeclaredStatus | undefined): readonly string[] | undefined {
  if (status?.groups === undefined) return [];
  return status.ownedOn;
}

function withDiffering({ differing = [] }: Finding): Pick<DeclaredStatus, 'differing'> {
  return differing.length === 0 ? {} : { differing };
}

function withDrain({ verdict, drainingSinceMs }: Finding): Pick<DeclaredStatus, 'drainingSince'> {
  return drainingSinceMs === undefined || verdict.kind === 'Ready'
    ? {}
    : { drainingSince: toKubeTime(drainingSinceMs) };
}

function nextConditions(
  before: readonly Condition[],
  generation: number,
  verdict: Judged,
  noun: string,
  nowIso: string,
): readonly Condition[] {
  const ready = { ...readyCondition(verdict, noun), observedGeneration: generation };
  const exception = EXCEPTIONS[verdict.kind];
  let conditions = setCondition(before, { type: 'Ready', ...ready }, nowIso);
  for (const type of ['Reconciling', 'Stalled'] as const) {
    conditions =
      type === exception
        ? setCondition(conditions, { ...ready, type, status: 'True' }, nowIso)
        : removeCondition(conditions, type);
  }
  return conditions;
}

const EXCEPTIONS: Readonly<Record<Judged['kind'], 'Reconciling' | 'Stalled' | undefined>> = {
  Ready: undefined,
  Pending: 'Reconciling',
  Waiting: 'Reconciling',
  Rejected: 'Stalled',
};

function readyCondition(verdict: Judged, noun: string): Pick<Condition, 'status' | 'reason' | 'message'> {
  if (verdict.kind === 'Ready') {
    return {
      status: 'True',
      reason: 'Reconciled',
      message: `The ${noun} is as declared on the masters of its broker groups.`,
    };
  }
  const isUnknown = verdict.kind === 'Pending' && verdict.unknown;
  return { status: isUnknown ? 'Unknown' : 'False', reason: verdict.reason, message: verdict.message };
}

/** Ready, and for the object as it stands now. */
export function isSettled(object: DeclaredObject, status: DeclaredStatus | undefined): boolean {
  return (
    findCondition(status?.conditions, 'Ready')?.status === 'True' &&
    status?.observedGeneration === generationOf(object)
  );
}

export function generationOf(object: DeclaredObject): number {
  return object.metadata.generation ?? 0;
}

/** Field by field: the server gives keys back in its own order. */
export function sameStatus(
  a: DeclaredStatus,
  b: DeclaredStatus,
  { nameField }: Pick<Naming, 'nameField'>,
): boolean {
  return (
    a.observedGeneration === b.observedGeneration &&
    nameIn(a, nameField) === nameIn(b, nameField) &&
    a.totalQueues === b.totalQueues &&
    a.drainingSince === b.drainingSince &&
    sameList(a.ownedOn, b.ownedOn, (x, y) => x === y) &&
    sameList(a.groups, b.groups, (x, y) => x === y) &&
    sameList(a.differing, b.differing, sameDiffering) &&
    sameList(a.conditions, b.conditions, sameCondition)
  );
}

function nameIn(
  status: DeclaredStatus & { readonly topicName?: unknown; readonly groupName?: unknown },
  field: 'topicName' | 'groupName',
): unknown {
  return status[field];
}

function sameList<T>(
  a: readonly T[] | undefined,
  b: readonly T[] | undefined,
  same: (x: T, y: T) => boolean,
): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.length === b.length &&
    a.every((x, index) => {
      const y = b[index];
      return y !== undefined && same(x, y);
    })
  );
}

function sameDiffering(a: Differing, b: Differing): boolean {
  return a.group === b.group && a.reason === b.reason && a.message === b.message;
}

function sameCondition(a: Condition, b: Condition): boolean {
  return (
    a.type === b.type &&
    a.status === b.status &&
    a.reason === b.reason &&
    a.message === b.message &&
    a.observedGeneration === b.observedGeneration &&
    a.lastTransitionTime === b.lastTransitionTime
  );
}
