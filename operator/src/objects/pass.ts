import type { Clock } from '../kube/mod.ts';
import type { BatchFailures, CallOptions } from '../rocketmq/mod.ts';
import { settle, type Answer } from './answer.ts';
import { append } from './append.ts';
import type { Change } from './changes.ts';
import type { ClusterView, DeclaredObject, Differing, ObjectKind, Places, Verdict } from './kind.ts';
import type { ServerRequest } from './metrics.ts';
import { judge, type Judgement } from './judge.ts';
import { notEverywhere, observePlaces } from './places.ts';
import { isDeclaredOn, overLimit, planEntry, planOf, type Entry, type Plan } from './plan.ts';
import { pending } from './problems.ts';
import { drained } from './drain.ts';
import { checkRoutes } from './routes.ts';
import { listTables } from './tables.ts';
import { readable, type RocketmqServers, type Topology } from './topology.ts';

export interface PassResult {
  readonly verdict: Verdict;
  /** At least one master told what it holds. */
  readonly looked: boolean;
  /** Groups that held the object before the pass. */
  readonly foundOn: readonly string[];
  /** Groups whose master holds it as declared, read back after the writes; undefined when none was asked. */
  readonly confirmedOn: readonly string[] | undefined;
  /** Groups whose master told nothing. */
  readonly unheardOn: readonly string[];
  /** Groups whose master does not hold it as declared, or may not. */
  readonly differing: readonly Differing[];
  /** Groups that are the object's own, those of before included. */
  readonly ownedOn: readonly string[];
  /** What was written where; `keys` empty: the master did not have it. */
  readonly changes: readonly Change[];
  /** Since when every master has been closed to what is to run empty; undefined: nothing is, or one is not closed. */
  readonly drainingSinceMs: number | undefined;
}

export interface PassDeps {
  readonly servers: RocketmqServers;
  readonly clock: Clock;
  /** Deadline of each call to a broker, name server or controller. */
  readonly callTimeoutMs: number;
  /** Most objects that one pass writes, so that an edit never waits behind thousands of others. */
  readonly maxWrites: number;
  /** Told of every request, for the metrics. */
  readonly asked: (request: ServerRequest) => void;
  /** Makes objects stay at their deletion until the brokers are rid of them; returns the keys of those that do not. */
  readonly hold: (keys: readonly string[]) => Promise<ReadonlySet<string>>;
}

/**
 * One pass over objects of one cluster: observe → diff → apply → verify.
 * One list call a master serves all of them, before the writes and again after.
 *
 * @throws only the signal's reason; whatever a server does or fails to do ends up in a verdict
 */
export async function runPass<O extends DeclaredObject, Desired, Actual, Write>(
  kind: ObjectKind<O, Desired, Actual, Write>,
  view: ClusterView,
  entries: readonly Entry<Desired>[],
  deps: PassDeps,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, PassResult>> {
  const options: CallOptions = { signal, timeoutMs: deps.callTimeoutMs };
  const compare = kind.compare.bind(kind);
  const { places } = kind;
  const topology = await observePlaces(places, view, deps.servers, options, deps.asked);
  const before = await listTables(
    kind,
    readable(topology).map(({ address }) => address),
    deps,
    options,
  );

  const wanted = new Map(
    entries.map((entry) => [entry.key, planEntry(entry, topology.masters, before, compare, places)]),
  );
  const seen = { topology, tables: before };
  const { plans: due, sinceMs } = await drained(kind, view, entries, wanted, seen, deps, options);
  const plans = await held(entries, due, places, deps);
  signal.throwIfAborted();
  const deferred = overLimit(entries, plans, deps.maxWrites);
  const taken = entries.filter((entry) => !deferred.has(entry.key));

  const written = await writeAll(kind, collectWrites(taken, plans), deps, options);
  const after = await listTables(kind, [...written.keys()], deps, options);

  const judgements = new Map<string, Judgement>();
  for (const entry of taken) {
    judgements.set(entry.key, judge(entry, planOf(plans, entry.key), written, after, compare, places));
  }
  await addRoutes(kind, view, taken, plans, topology, judgements, deps, options);
  signal.throwIfAborted();

  return new Map(
    entries.map(({ key, ownedOn: owned }) => {
      const { foundOn, writes, looked, claims } = planOf(plans, key);
      const ownedOn = deferred.has(key) ? owned : [...new Set([...owned, ...claims])].toSorted();
      const drainingSinceMs = sinceMs.get(key);
      const { verdict, confirmedOn, unheardOn, differing } = judgements.get(key) ?? notJudged;
      const changes = deferred.has(key) ? [] : writes.map(({ group, keys }) => ({ group, keys }));
      return [
        key,
        { verdict, looked, foundOn, confirmedOn, unheardOn, differing, changes, ownedOn, drainingSinceMs },
      ];
    }),
  );
}

/** What is written while nobody makes the object stay would outlive it. */
async function held<Desired, Write>(
  entries: readonly Entry<Desired>[],
  plans: ReadonlyMap<string, Plan<Write>>,
  places: Places,
  deps: PassDeps,
): Promise<ReadonlyMap<string, Plan<Write>>> {
  const unheld = entries.filter((entry) => entry.unheld && takes(entry, planOf(plans, entry.key)));
  if (unheld.length === 0) return plans;
  const failed = await deps.hold(unheld.map(({ key }) => key));
  return new Map([...plans].map(([key, plan]) => [key, failed.has(key) ? withoutHold(plan, places) : plan]));
}

/** It is the object's own, or is made so: what was refused is left to others. */
function takes<Desired, Write>(
  { ownedOn }: Entry<Desired>,
  { refused, writes, sameOn }: Plan<Write>,
): boolean {
  return refused === undefined && ownedOn.length + writes.length + sameOn.length > 0;
}

function withoutHold<Write>(plan: Plan<Write>, places: Places): Plan<Write> {
  const message = 'the API server did not store the finalizer, and nothing is written before it has';
  return {
    ...plan,
    writes: [],
    claims: [],
    problems: [...plan.problems, { reason: notEverywhere(places), message, unknown: false }],
  };
}

const notJudged: Judgement = {
  verdict: { kind: 'Deferred' },
  confirmedOn: undefined,
  unheardOn: [],
  differing: [],
};

function collectWrites<Desired, Write>(
  entries: readonly Entry<Desired>[],
  plans: ReadonlyMap<string, Plan<Write>>,
): ReadonlyMap<string, readonly Write[]> {
  const byAddress = new Map<string, Write[]>();
  for (const { key } of entries) {
    for (const { address, write } of planOf(plans, key).writes) {
      append(byAddress, address, write);
    }
  }
  return byAddress;
}

async function writeAll<O extends DeclaredObject, Desired, Actual, Write>(
  kind: ObjectKind<O, Desired, Actual, Write>,
  writes: ReadonlyMap<string, readonly Write[]>,
  deps: PassDeps,
  options: CallOptions,
): Promise<ReadonlyMap<string, Answer<BatchFailures>>> {
  const answers = await Promise.all(
    [...writes].map(async ([address, items]) => {
      deps.asked('Write');
      return [address, await settle(kind.write(deps.servers.broker(address), items, options))] as const;
    }),
  );
  options.signal?.throwIfAborted();
  return new Map(answers);
}

/** Turns Ready into Pending where a name server does not route the object, or cannot be asked. */
async function addRoutes<O extends DeclaredObject, Desired, Actual, Write>(
  kind: ObjectKind<O, Desired, Actual, Write>,
  view: ClusterView,
  taken: readonly Entry<Desired>[],
  plans: ReadonlyMap<string, Plan<Write>>,
  topology: Topology,
  judgements: Map<string, Judgement>,
  deps: PassDeps,
  options: CallOptions,
): Promise<void> {
  if (kind.isRouted === undefined) return;
  const entries = taken.filter(({ key }) => judgements.get(key)?.verdict.kind === 'Ready');
  if (entries.length === 0) return;
  const written = new Set(
    entries.filter(({ key }) => planOf(plans, key).writes.length > 0).map(({ key }) => key),
  );
  const isRouted = kind.isRouted.bind(kind);
  const problems = await checkRoutes(
    {
      entries,
      written,
      groupsOf: (entry) => view.groups.filter((group) => isDeclaredOn(entry, group)),
      topology,
      isRouted,
    },
    deps,
    options,
  );
  for (const [key, list] of problems) {
    judgements.set(key, { ...(judgements.get(key) ?? notJudged), verdict: pending(list) });
  }
}
