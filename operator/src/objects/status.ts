import { findCondition, removeCondition, setCondition, toKubeTime, type Condition } from '../kube/mod.ts';
import type {
  DeclaredObject,
  DeclaredStatus,
  Details,
  Differing,
  MemberDiffering,
  ObjectKind,
  Places,
} from './kind.ts';
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
  readonly details?: Details | undefined;
}

/** The part of a kind that its status needs. */
export type Naming = Pick<
  ObjectKind<DeclaredObject, unknown, unknown, unknown>,
  'noun' | 'nameField' | 'places'
>;

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
    conditions: nextConditions(status?.conditions ?? [], generation, finding.verdict, naming, nowIso),
    ...(name === undefined ? {} : { [naming.nameField]: name }),
    ...(groups === undefined ? {} : whereItIs(groups, status, finding, naming.places)),
    ...withDiffering(finding, naming.places),
    ...withDrain(finding),
    ...finding.details,
  };
  return status !== undefined && sameStatus(status, next, naming) ? status : next;
}

function nextGroups(
  status: DeclaredStatus | undefined,
  generation: number,
  { confirmedOn, unheardOn = [] }: Finding,
): readonly string[] | undefined {
  const last = placesOf(status);
  if (last === undefined) return confirmedOn?.toSorted();
  const known = status?.observedGeneration === generation ? last : [];
  if (confirmedOn === undefined) return known;
  return [...new Set([...confirmedOn, ...known.filter((group) => unheardOn.includes(group))])].toSorted();
}

function whereItIs(
  groups: readonly string[],
  status: DeclaredStatus | undefined,
  { ownedOn: owned = status?.ownedOn, queuesPerGroup }: Finding,
  places: Places,
): Pick<DeclaredStatus, 'groups' | 'members' | 'ownedOn' | 'totalQueues'> {
  // A name is the object's own on all members, or on none.
  if (places === 'Members') return { members: groups };
  return {
    groups,
    ...(owned === undefined ? {} : { ownedOn: owned }),
    ...(queuesPerGroup === undefined ? {} : { totalQueues: groups.length * queuesPerGroup }),
  };
}

/** Broker groups, or members, that were last read back; undefined: nobody was ever asked. */
export function placesOf(status: DeclaredStatus | undefined): readonly string[] | undefined {
  return status?.groups ?? status?.members;
}

/**
 * Groups on which it is the object's own.
 *
 * @returns undefined: all of them, of a status that was written before this was told
 */
export function ownedOn(status: DeclaredStatus | undefined): readonly string[] | undefined {
  return placesOf(status) === undefined ? [] : status?.ownedOn;
}

function withDiffering({ differing = [] }: Finding, places: Places): Pick<DeclaredStatus, 'differing'> {
  if (differing.length === 0) return {};
  if (places === 'Masters') return { differing };
  return { differing: differing.map(({ group: member, reason, message }) => ({ member, reason, message })) };
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
  naming: Naming,
  nowIso: string,
): readonly Condition[] {
  const ready = { ...readyCondition(verdict, naming), observedGeneration: generation };
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

function readyCondition(
  verdict: Judged,
  { noun, places }: Naming,
): Pick<Condition, 'status' | 'reason' | 'message'> {
  if (verdict.kind === 'Ready') {
    const where = places === 'Masters' ? 'the masters of its broker groups' : 'every member of its cluster';
    return { status: 'True', reason: 'Reconciled', message: `The ${noun} is as declared on ${where}.` };
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
    sameList(a.members, b.members, (x, y) => x === y) &&
    sameList(a.accessKeys, b.accessKeys, (x, y) => x === y) &&
    a.rotation?.id === b.rotation?.id &&
    a.rotation?.retiresAt === b.rotation?.retiresAt &&
    sameList(a.differing, b.differing, sameDiffering) &&
    sameList(a.conditions, b.conditions, sameCondition)
  );
}

function nameIn(
  status: DeclaredStatus & {
    readonly topicName?: unknown;
    readonly groupName?: unknown;
    readonly userName?: unknown;
  },
  field: Naming['nameField'],
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

function sameDiffering(a: Differing | MemberDiffering, b: Differing | MemberDiffering): boolean {
  return placeIn(a) === placeIn(b) && a.reason === b.reason && a.message === b.message;
}

function placeIn(differing: Differing | MemberDiffering): string {
  return 'group' in differing ? differing.group : differing.member;
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
