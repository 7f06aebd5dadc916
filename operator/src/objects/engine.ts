import type { Consent } from '../api/mod.ts';
import {
  backoffMs,
  Controller,
  done,
  keyOf,
  LeadershipLostError,
  type ControllerFace,
  type InformerFace,
  type Outcome,
} from '../kube/mod.ts';
import { Agenda } from './agenda.ts';
import { judgeAlone } from './alone.ts';
import type { Urgency } from './dirty.ts';
import { Clusters } from './clusters.ts';
import { CutOffs } from './cut-off.ts';
import type { EngineDeps } from './engine-deps.ts';
import { entryOf } from './entry.ts';
import { CONFLICT_RETRY_MS, Departures } from './departures.ts';
import type { ClusterView, DeclaredObject, ObjectKind, Verdict } from './kind.ts';
import type { ServerRequest } from './metrics.ts';
import { runPass, type PassDeps, type PassResult } from './pass.ts';
import type { Entry } from './plan.ts';
import { Reports } from './reports.ts';
import { isLeaving, Roster, type Member } from './roster.ts';
import { StatusWriter } from './status-writer.ts';
import { DEFAULT_TIMINGS, type EngineTimings } from './timings.ts';
import { outcomeOf, sooner, withCluster } from './verdicts.ts';

/** An edit waits for at most one pass of this many writes, well under a second on a real broker. */
const MAX_WRITES_A_PASS = 1_000;
/** A pass that waits for a hung server holds one worker, so there are more than clusters that could hang. */
const WORKERS = 64;
const STATUS_LANES = 16;
/** What the server goes on to refuse must not have all brokers asked every second. */
const STATUS_BACKOFF = { baseMs: 2_000, maxMs: 300_000 };
/** For the statuses of the last passes: the next process would judge by those before, and tell of what it finds as new. */
const LAST_STATUSES_MS = 3_000;

/**
 * The loop for one kind of objects on brokers, over all clusters. Objects of one cluster are handled together:
 * changes collect in a set, and one pass at a time takes the whole set. Clusters do not wait for each other.
 */
export class ObjectEngine<O extends DeclaredObject, Desired, Actual, Write> {
  readonly #kind: ObjectKind<O, Desired, Actual, Write>;
  readonly #deps: EngineDeps;
  readonly #timings: EngineTimings;
  readonly #roster: Roster<O, Desired>;
  readonly #writer: StatusWriter<O>;
  readonly #controller: ControllerFace;
  readonly #agenda: Agenda<O, Desired>;
  readonly #clusters: Clusters;
  readonly #cutOffs = new CutOffs();
  readonly #reports: Reports<O, Desired, Actual, Write>;
  readonly #departures: Departures<O, Desired, Actual, Write>;

  constructor(kind: ObjectKind<O, Desired, Actual, Write>, deps: EngineDeps) {
    this.#kind = kind;
    this.#deps = deps;
    this.#timings = { ...DEFAULT_TIMINGS, ...deps.timings };
    this.#roster = new Roster((object) => kind.declare(object));
    this.#clusters = new Clusters(deps.namespaces);
    const { clock, random, log } = deps;
    this.#controller = new Controller({
      name: kind.type.plural,
      reconcile: async (key, context) => this.#reconcile(key, context.signal),
      workers: WORKERS,
      deadlineMs: this.#timings.passDeadlineMs,
      backoff: { baseMs: 200, maxMs: this.#timings.retryMaxMs },
      clock,
      random,
      log,
      ...(deps.controllerMetrics === undefined ? {} : { metrics: deps.controllerMetrics }),
    });
    this.#agenda = new Agenda(this.#roster, this.#controller);
    this.#writer = new StatusWriter(kind, {
      api: deps.api,
      clock,
      log,
      lanes: STATUS_LANES,
      timeoutMs: this.#timings.statusTimeoutMs,
      onLost: (key, times) => this.#agenda.mark(key, 'Look', backoffMs(times, STATUS_BACKOFF, random)),
    });
    const { holdReadyMs } = this.#timings;
    this.#reports = new Reports(kind, { ...deps, writer: this.#writer, holdReadyMs });
    this.#departures = new Departures(kind, {
      ...deps,
      roster: this.#roster,
      cutOffs: this.#cutOffs,
      consentOf: (member) => this.#consentTo(member),
      statusOf: (object) => this.#writer.statusOf(object),
      timeoutMs: this.#timings.statusTimeoutMs,
    });
  }

  /** Takes its objects from an informer from now on. */
  observe(informer: Pick<InformerFace<O>, 'onChange'>): void {
    informer.onChange((change) => {
      if (change.type === 'Deleted') this.#writer.forget(keyOf(change.object));
      else this.#writer.observed(change.object);
      this.#agenda.changed(change);
    });
  }

  /** A cluster appeared or changed in a way that concerns its objects; undefined: it is gone. */
  clusterChanged(clusterKey: string, view: ClusterView | undefined): void {
    this.#clusters.set(clusterKey, view);
    this.#agenda.markCluster(clusterKey);
    if (view?.leaving !== false) this.#cutOffs.end(clusterKey);
  }

  /** What is known of a namespace has changed. */
  namespaceChanged(namespace: string): void {
    this.#agenda.markElsewhere(namespace);
    for (const clusterKey of this.#clusters.endingWith(namespace)) {
      this.#agenda.markCluster(clusterKey);
      this.#cutOffs.end(clusterKey);
    }
  }

  /** What an object is declared by beside of its spec has changed. */
  touch(key: string): void {
    this.#agenda.touched(key);
  }

  /**
   * Runs until the signal. The informers have to have listed everything before: an owner that is not listed yet would
   * lose its name to a later object. Passes under way at the signal are finished or cut off by the controller's drain.
   */
  async run(signal: AbortSignal): Promise<void> {
    const writing = new AbortController();
    const stopWriting = (): void => writing.abort(signal.reason);
    signal.addEventListener('abort', () => {
      if (signal.reason instanceof LeadershipLostError) stopWriting();
    });
    this.#writer.start(writing.signal);
    this.#agenda.markAll(() => 0);
    await Promise.all([this.#controller.run(signal), this.#resync(signal)]);
    const { clock } = this.#deps;
    const cancel = clock.setTimeout(stopWriting, LAST_STATUSES_MS);
    await this.#writer.idle();
    cancel();
    stopWriting();
  }

  /** For tests and shutdown: all statuses are written. */
  async statusesWritten(): Promise<void> {
    await this.#writer.idle();
  }

  async #resync(signal: AbortSignal): Promise<void> {
    const { clock, random, resyncMs } = this.#deps;
    while (!signal.aborted) {
      try {
        await clock.sleep(resyncMs, signal);
      } catch {
        return;
      }
      // Spread, so that many clusters are not compared in one burst.
      this.#agenda.markAll(() => random() * resyncMs * 0.1);
    }
  }

  async #reconcile(clusterKey: string, signal: AbortSignal): Promise<Outcome> {
    if (this.#agenda.size(clusterKey) === 0) return done;
    await this.#quiet(clusterKey, signal);
    const batch = this.#agenda.take(clusterKey);
    const end = this.#deps.metrics.passStarted(this.#kind.type.plural, batch.size);
    try {
      return await this.#pass(clusterKey, batch, signal);
    } catch (error) {
      this.#agenda.restore(clusterKey, batch);
      throw error;
    } finally {
      end();
    }
  }

  /** A pass looks at everything that its brokers hold, so it waits until a burst of edits is over, but not for long. */
  async #quiet(clusterKey: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const endsAtMs = clock.monotonicMs() + this.#timings.batchMaxMs;
    let seen: number;
    do {
      seen = this.#agenda.size(clusterKey);
      await clock.sleep(this.#timings.batchQuietMs, signal);
    } while (this.#agenda.size(clusterKey) > seen && clock.monotonicMs() < endsAtMs);
  }

  async #pass(
    clusterKey: string,
    batch: ReadonlyMap<string, Urgency>,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const view = this.#clusters.get(clusterKey);
    const members = this.#membersNow(clusterKey, batch);
    const verdicts = new Map<string, Verdict>();
    const entries: Entry<Desired>[] = [];
    for (const member of members) {
      if (isLeaving(member.object)) continue;
      const owner = this.#roster.owner(member, (rival) => this.#consentTo(rival) === 'Given');
      const verdict = judgeAlone(this.#kind, member, owner, view, this.#consentTo(member));
      if (verdict !== undefined) verdicts.set(member.key, verdict);
      else entries.push(...this.#entriesOf(member, view, batch.get(member.key)));
    }
    const results =
      (view && (await this.#askBrokers(view, entries, signal))) ?? new Map<string, PassResult>();
    const {
      moved,
      again,
      verdicts: departing,
    } = await this.#departures.see(
      this.#membersNow(clusterKey, batch),
      this.#clusters.get(clusterKey),
      results,
      (current) => this.#passDeps(current, signal),
      signal,
    );
    for (const key of again) this.#agenda.mark(key, 'Look', CONFLICT_RETRY_MS);
    for (const [key, verdict] of departing) verdicts.set(key, verdict);
    return this.#conclude(clusterKey, view, members, batch, verdicts, results, moved);
  }

  /** @returns undefined: nobody had to be asked, or the cluster went meanwhile */
  async #askBrokers(
    view: ClusterView,
    entries: readonly Entry<Desired>[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, PassResult> | undefined> {
    if (entries.length === 0) return undefined;
    return this.#cutOffs.run(view.key, signal, async (open) =>
      runPass(this.#kind, view, entries, this.#passDeps(view, signal), open),
    );
  }

  #consentTo({ object, clusterKey }: Member<O, Desired>): Consent {
    return this.#clusters.consentTo({ object, clusterKey, status: this.#writer.statusOf(object) });
  }

  /** One that was deleted, and made again for another cluster, waits in that one's set too. */
  #membersNow(clusterKey: string, batch: ReadonlyMap<string, Urgency>): readonly Member<O, Desired>[] {
    return [...batch.keys()]
      .flatMap((key) => this.#roster.get(key) ?? [])
      .filter((member) => member.clusterKey === clusterKey);
  }

  #entriesOf(
    { key, object, declaration }: Member<O, Desired>,
    view: ClusterView | undefined,
    urgency: Urgency | undefined,
  ): readonly Entry<Desired>[] {
    if (!declaration.ok) return [];
    const status = this.#writer.statusOf(object);
    return [entryOf(key, object, declaration, status, this.#kind.places, view, urgency)];
  }

  #passDeps(view: ClusterView, signal: AbortSignal): PassDeps {
    const { serversOf, clock, metrics } = this.#deps;
    const asked = (request: ServerRequest): void => metrics.asked(this.#kind.type.plural, request);
    return {
      servers: serversOf(view),
      clock,
      callTimeoutMs: this.#timings.callTimeoutMs,
      maxWrites: MAX_WRITES_A_PASS,
      asked,
      hold: async (keys) => this.#departures.hold(keys, signal),
    };
  }

  /** Statuses and events of a pass, and when the cluster is looked at again. */
  #conclude(
    clusterKey: string,
    view: ClusterView | undefined,
    members: readonly Member<O, Desired>[],
    batch: ReadonlyMap<string, Urgency>,
    verdicts: ReadonlyMap<string, Verdict>,
    results: ReadonlyMap<string, PassResult>,
    departed: boolean,
  ): Outcome {
    const holds = this.#reports.holdsReady(clusterKey, members, results);
    let outcome: Outcome = done;
    let deferred = false;
    let moves = departed;
    for (const member of members) {
      const result = results.get(member.key);
      const verdict = verdicts.get(member.key) ?? withCluster(result, view);
      if (verdict === undefined) continue;
      if (verdict.kind === 'Deferred') {
        this.#agenda.keep(clusterKey, member.key, batch.get(member.key) ?? 'Look');
        deferred = true;
        continue;
      }
      if (result?.changes.some(({ group }) => result.confirmedOn?.includes(group)) === true) moves = true;
      this.#reports.tell(member, verdict, result, holds);
      const next = outcomeOf(verdict, this.#timings.clusterPollMs);
      if (next === undefined) continue;
      this.#agenda.keep(clusterKey, member.key, 'Look');
      outcome = sooner(outcome, next);
    }
    // Brokers that take nothing are not asked again at once for the rest: the retry brings it along.
    if (deferred && (moves || outcome.kind !== 'Retry'))
      this.#controller.enqueue(clusterKey, { priority: 'Normal' });
    return outcome;
  }
}
