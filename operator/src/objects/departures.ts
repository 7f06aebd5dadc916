import type { ApplyApi, EventSink, Logger } from '../kube/mod.ts';
import { Custody, isHeld } from './custody.ts';
import { deletionOf, departureOf } from './departure.ts';
import type { ClusterView, DeclaredObject, ObjectKind, Verdict } from './kind.ts';
import type { PassDeps } from './pass.ts';
import { runRemoval, type Removal } from './removal.ts';
import { isLeaving, type Member, type Roster } from './roster.ts';

export interface DeparturesDeps<O extends DeclaredObject, Desired> {
  readonly api: ApplyApi;
  readonly roster: Roster<O, Desired>;
  readonly events: EventSink;
  readonly log: Logger;
  /** Of each write to the API server. */
  readonly timeoutMs: number;
}

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
   * Lets go of who has nothing to take along (any more), and takes from the brokers what belongs to those that go.
   * @returns what there is to say of those that stay for now
   */
  async see(
    members: readonly Member<O, Desired>[],
    view: ClusterView | undefined,
    passDeps: PassDeps,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Verdict>> {
    const verdicts = new Map<string, Verdict>();
    const free: Member<O, Desired>[] = [];
    const removals = new Map<string, Removal>();
    for (const member of members) {
      if (!isHeld(member.object)) continue;
      if (!isLeaving(member.object)) {
        if (member.declaration.ok && deletionOf(member.declaration).kind === 'Retain') free.push(member);
        continue;
      }
      const owns = this.#deps.roster.owner(member).key === member.key;
      const departure = departureOf({ declaration: member.declaration, owns, view });
      if (departure.kind === 'Wait') verdicts.set(member.key, departure.verdict);
      else if (departure.kind === 'Remove') removals.set(member.key, { ...departure, key: member.key });
      else {
        this.#tell(member, 'Kept', `is kept on the brokers: ${departure.why}`);
        free.push(member);
      }
    }
    const gone =
      view === undefined ? [] : await this.#remove(members, removals, view, passDeps, verdicts, signal);
    await this.#release([...free, ...gone], verdicts, signal);
    return verdicts;
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
    const results = await runRemoval(this.#kind, view, taken, passDeps, signal);
    return members.filter((member) => {
      const result = results.get(member.key);
      if (result === undefined) return false;
      if (result.kind !== 'Gone') {
        verdicts.set(member.key, result);
        return false;
      }
      if (result.foundOn.length > 0)
        this.#tell(member, 'Deleted', `was deleted with this object, on ${result.foundOn.join(', ')}`);
      return true;
    });
  }

  async #release(
    members: readonly Member<O, Desired>[],
    verdicts: Map<string, Verdict>,
    signal: AbortSignal,
  ): Promise<void> {
    const failed = await this.#custody.release(
      members.map(({ object }) => object),
      signal,
    );
    const message = 'the API server did not take the finalizer off';
    for (const { key, object } of members)
      if (failed.has(object))
        verdicts.set(key, { kind: 'Pending', reason: 'Deleting', message, unknown: false });
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
