import type { ConditionReason, Consent } from '../api/mod.ts';
import { isKubeError, type EventSink, type FinalizerApi, type Logger } from '../kube/mod.ts';
import { Custody, isHeld } from './custody.ts';
import type { CutOffs } from './cut-off.ts';
import { deletionOf, departureOf, type Departure } from './departure.ts';
import type { ClusterView, DeclaredObject, DeclaredStatus, ObjectKind, Verdict } from './kind.ts';
import type { PassDeps, PassResult } from './pass.ts';
import { runRemoval, type Removal } from './removal.ts';
import { isLeaving, type Member, type Roster } from './roster.ts';
import { ownedOn, placesOf } from './status.ts';

export interface DeparturesDeps<O extends DeclaredObject, Desired> {
  readonly api: FinalizerApi;
  readonly roster: Roster<O, Desired>;
  readonly cutOffs: CutOffs;
  /** Of its cluster to its namespace. */
  readonly consentOf: (member: Member<O, Desired>) => Consent;
  /** As last written, or as the informer has it. */
  readonly statusOf: (object: O) => DeclaredStatus | undefined;
  readonly events: EventSink;
  readonly log: Logger;
  /** Of each write to the API server. */
  readonly timeoutMs: number;
}

export interface Departed {
  /** What there is to say of those that stay for now, by key. */
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** Something went. */
  readonly moved: boolean;
  /** Those that have a finalizer still that they do not need, because they have changed meanwhile. */
  readonly again: readonly string[];
}

/** Why an object was never given what is on the brokers, as long as its status lists no places. */
const neverGiven: ReadonlySet<string> = new Set<ConditionReason>(['AlreadyExists', 'AttributeImmutable']);

/** The object has changed by our own last status, most likely, of which the informer knows in a moment. */
export const CONFLICT_RETRY_MS = 1_000;
/** An edit waits for at most one pass, and there is no request that deletes many. */
const MAX_REMOVALS_A_PASS = 100;

/** Objects that take what is on the brokers along when they go: they are held until that has happened. */
export class Departures<O extends DeclaredObject, Desired, Actual, Write> {
  readonly #kind: ObjectKind<O, Desired, Actual, Write>;
  readonly #deps: DeparturesDeps<O, Desired>;
  readonly #custody: Custody<O>;

  constructor(kind: ObjectKind<O, Desired, Actual, Write>, deps: DeparturesDeps<O, Desired>) {
    this.#kind = kind;
    this.#deps = deps;
    this.#custody = new Custody(kind.type, deps);
  }

  /** @returns the keys of those that the API server did not store it for */
  async hold(keys: readonly string[], signal: AbortSignal): Promise<ReadonlySet<string>> {
    const members = keys.flatMap((key) => this.#deps.roster.get(key) ?? []);
    const failed = await this.#custody.hold(
      members.map(({ object }) => object),
      signal,
    );
    return new Set(members.filter(({ object }) => failed.has(object)).map(({ key }) => key));
  }

  /**
   * Lets go of who has nothing to take along (any more), and takes from the brokers what belongs to those that go. All of
   * them as they are now: people go on editing while a pass waits for brokers.
   *
   * @param results of this pass
   * @param passDepsOf what a pass over this cluster has
   */
  async see(
    members: readonly Member<O, Desired>[],
    view: ClusterView | undefined,
    results: ReadonlyMap<string, PassResult>,
    passDepsOf: (view: ClusterView) => PassDeps,
    signal: AbortSignal,
  ): Promise<Departed> {
    const verdicts = new Map<string, Verdict>();
    const free: Member<O, Desired>[] = [];
    const leaving: Member<O, Desired>[] = [];
    const removals = new Map<string, Removal>();
    for (const member of members) {
      if (!isHeld(member.object)) continue;
      if (!isLeaving(member.object)) {
        if (this.#isFree(member, view, results.get(member.key))) free.push(member);
        continue;
      }
      const departure = this.#departureOf(member, view);
      if (departure.kind === 'Wait') verdicts.set(member.key, departure.verdict);
      else if (departure.kind === 'Remove') removals.set(member.key, { ...departure, key: member.key });
      else {
        this.#tell(member, 'Kept', `is kept on the brokers: ${departure.why}`);
        leaving.push(member);
      }
    }
    await this.#letGo(leaving, verdicts, signal);
    const gone =
      view === undefined
        ? []
        : await this.#remove(members, removals, view, passDepsOf(view), verdicts, signal);
    await this.#letGo(gone, verdicts, signal);
    return { verdicts, moved: gone.length > 0, again: await this.#free(free, signal) };
  }

  async #free(members: readonly Member<O, Desired>[], signal: AbortSignal): Promise<readonly string[]> {
    const failed = await this.#release(members, signal);
    return members.filter(({ object }) => isKubeError(failed.get(object), 'Conflict')).map(({ key }) => key);
  }

  async #release(
    members: readonly Member<O, Desired>[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<O, unknown>> {
    return this.#custody.release(
      members.map(({ object }) => object),
      signal,
    );
  }

  #departureOf(member: Member<O, Desired>, view: ClusterView | undefined): Departure {
    const { declaration, object } = member;
    const reserves = this.#kind.reservedOn;
    const reserved = declaration.ok && view !== undefined && reserves?.(declaration.name, view) !== undefined;
    const { roster, consentOf } = this.#deps;
    const owner = roster.owner(member, (rival) => consentOf(rival) === 'Given');
    const owned = ownedOn(this.#deps.statusOf(object));
    return departureOf({
      declaration,
      consent: consentOf(member),
      owns: owner.key === member.key,
      claimed: this.#isClaimed(object),
      ownedOn: owned,
      reserved,
      view,
    });
  }

  #isClaimed(object: O): boolean {
    return placesOf(this.#deps.statusOf(object)) !== undefined;
  }

  /**
   * One that nobody deleted, and that is to take nothing along, or has nothing, or could not: what could wait for an operator
   * that is away by then. Whatever it is given later holds it again before.
   */
  #isFree(
    member: Member<O, Desired>,
    view: ClusterView | undefined,
    result: PassResult | undefined,
  ): boolean {
    const { declaration, object } = member;
    if (view?.leaving !== false || this.#deps.consentOf(member) === 'Withheld') return true;
    if (!declaration.ok) return false;
    if (deletionOf(declaration).kind === 'Retain') return true;
    const { verdict } = result ?? {};
    return verdict?.kind === 'Rejected' && neverGiven.has(verdict.reason) && !this.#isClaimed(object);
  }

  async #remove(
    members: readonly Member<O, Desired>[],
    removals: ReadonlyMap<string, Removal>,
    view: ClusterView,
    passDeps: PassDeps,
    verdicts: Map<string, Verdict>,
    signal: AbortSignal,
  ): Promise<readonly Member<O, Desired>[]> {
    const taken = [...removals.values()].slice(0, MAX_REMOVALS_A_PASS);
    for (const key of [...removals.keys()].slice(MAX_REMOVALS_A_PASS))
      verdicts.set(key, { kind: 'Deferred' });
    if (taken.length === 0) return [];
    const removing = async (open: AbortSignal) => runRemoval(this.#kind, view, taken, passDeps, open);
    const results = await this.#deps.cutOffs.run(view.key, signal, removing);
    // The cluster went, and they are looked at again.
    if (results === undefined) return [];
    return members.filter((member) => {
      const result = results.get(member.key);
      if (result === undefined) return false;
      if (result.kind !== 'Gone') {
        verdicts.set(member.key, result);
        return false;
      }
      this.#tell(member, 'Deleted', 'was deleted with this object');
      return true;
    });
  }

  async #letGo(
    members: readonly Member<O, Desired>[],
    verdicts: Map<string, Verdict>,
    signal: AbortSignal,
  ): Promise<void> {
    const failed = await this.#release(members, signal);
    const message = 'the API server did not take the finalizer off';
    for (const { key, object } of members) {
      if (!failed.has(object)) continue;
      const atMostMs = isKubeError(failed.get(object), 'Conflict') ? CONFLICT_RETRY_MS : undefined;
      verdicts.set(key, { kind: 'Pending', reason: 'Deleting', message, unknown: false, atMostMs });
    }
  }

  #tell({ key, object, declaration }: Member<O, Desired>, reason: 'Deleted' | 'Kept', what: string): void {
    const name = declaration.ok ? declaration.name : object.metadata.name;
    const note = `${this.#kind.noun} ${name} ${what}`;
    this.#deps.events.record(object, {
      type: 'Normal',
      reason,
      action: reason === 'Deleted' ? 'Delete' : 'Keep',
      note,
    });
    this.#deps.log.info({ key, reason }, note);
  }
}
