/**
 * Giving up a part of what brokers hold, without losing what is in it: every master is closed to more of it first, then
 * name servers lead nobody there, then what was on its way may still come in, then consumers read what is left, and only
 * then it goes, on all masters at once.
 */
import { toKubeTime, type Clock } from '../kube/mod.ts';
import type { CallOptions } from '../rocketmq/mod.ts';
import { settle, whyNot, type Answer } from './answer.ts';
import { append } from './append.ts';
import type { ClusterView, Closed, DeclaredObject, ObjectKind } from './kind.ts';
import type { ServerRequest } from './metrics.ts';
import { isDeclaredOn, planOf, type Entry, type Plan } from './plan.ts';
import { silentBroker, type Problem } from './problems.ts';
import type { Tables } from './tables.ts';
import { readable, type RocketmqServers, type Topology } from './topology.ts';

/** Nothing moves before the time is over; a longer sleep would miss what a person does meanwhile. */
const LONGEST_WAIT_MS = 120_000;
/** Consumers read as they can, and each look asks every master for its topics. */
const CONSUMERS_POLL_MS = 30_000;

export interface DrainDeps {
  readonly servers: RocketmqServers;
  readonly clock: Pick<Clock, 'now'>;
  readonly asked: (request: ServerRequest) => void;
}

export interface Seen<Actual> {
  readonly topology: Topology;
  readonly tables: Tables<Actual>;
}

export interface Drained<Write> {
  readonly plans: ReadonlyMap<string, Plan<Write>>;
  /** By key, of objects that have something to run empty, where all is closed: since when, in epoch milliseconds. */
  readonly sinceMs: ReadonlyMap<string, number>;
}

/**
 * Turns what is planned for when masters have run empty into writes where they have, and into what they wait for
 * elsewhere. Masters that are to be asked are asked once each, for all objects.
 */
export async function drained<O extends DeclaredObject, Desired, Actual, Write>(
  { drain }: Pick<ObjectKind<O, Desired, Actual, Write>, 'drain'>,
  view: ClusterView,
  entries: readonly Entry<Desired>[],
  plans: ReadonlyMap<string, Plan<Write>>,
  seen: Seen<Actual>,
  deps: DrainDeps,
  options: CallOptions,
): Promise<Drained<Write>> {
  const concerned = entries.filter((entry) => isDraining(entry, planOf(plans, entry.key)));
  if (drain === undefined || concerned.length === 0) return { plans, sinceMs: new Map() };
  const nowMs = deps.clock.now();
  const sinceMs = new Map<string, number>();
  const waits = new Map<string, readonly Problem[]>();
  const ripe: Entry<Desired>[] = [];
  for (const entry of concerned) {
    const plan = planOf(plans, entry.key);
    const isOpen = plan.writes.length > 0;
    const unsure = plan.problems.length > 0;
    const isFirst = !isOpen && !unsure && entry.drainingSinceMs === undefined;
    const led = isFirst ? await whoLeadsThere(drain, view, entry, seen.topology, deps, options) : [];
    // Who is silent is taken for as closed as it was.
    const since = isOpen
      ? undefined
      : (entry.drainingSinceMs ?? (isFirst && led.length === 0 ? nowMs : undefined));
    if (since !== undefined) sinceMs.set(entry.key, since);
    if (led.length > 0) waits.set(entry.key, led);
    else if (isOpen && entry.drainTold) waits.set(entry.key, [closedAnew]);
    else if (plan.drains.length > 0) {
      const lateMs = Math.max(
        ...actuals(entry, plan, seen.tables).map((actual) => drain.lateMs(actual, view)),
      );
      const wait = unsure ? othersFirst(plan) : whatToWaitFor(plan, since, lateMs, nowMs);
      if (wait === undefined) ripe.push(entry);
      else waits.set(entry.key, [wait]);
    }
  }
  const closedForMs = (key: string): number => nowMs - (sinceMs.get(key) ?? nowMs);
  const masters = readable(seen.topology);
  for (const [key, left] of await leftovers(drain, view, ripe, plans, masters, closedForMs, deps, options))
    waits.set(key, left);
  options.signal?.throwIfAborted();
  return { sinceMs, plans: new Map([...plans].map(([key, plan]) => [key, settled(plan, waits.get(key))])) };
}

/** Also one of which nobody tells anything for now: what was closed stays so. */
function isDraining<Desired, Write>(
  { drainingSinceMs, drainTold }: Entry<Desired>,
  { refused, drains, problems, writes }: Plan<Write>,
): boolean {
  if (refused !== undefined) return false;
  return (
    drains.length > 0 ||
    (drainingSinceMs !== undefined && problems.length > 0) ||
    (drainTold && writes.length > 0)
  );
}

/** An operator that is killed after the writes and before the status would leave a time that is too old. */
const closedAnew: Problem = {
  ...waiting('the time begins anew, and the rest is done as soon as that is stored'),
  againMs: 1_000,
};

function settled<Write>(plan: Plan<Write>, waits: readonly Problem[] | undefined): Plan<Write> {
  if (waits?.includes(closedAnew) === true)
    return { ...plan, drains: [], writes: [], problems: [...plan.problems, ...waits] };
  if (waits !== undefined) return { ...plan, drains: [], problems: [...plan.problems, ...waits] };
  return plan.drains.length === 0 ? plan : { ...plan, drains: [], writes: plan.drains };
}

function othersFirst<Write>({ drains }: Plan<Write>): Problem {
  const groups = drains.map(({ group }) => group).join(', ');
  return waiting(`${groups} closed already, and waiting for the other masters`);
}

function whatToWaitFor<Write>(
  plan: Plan<Write>,
  sinceMs: number | undefined,
  lateMs: number,
  nowMs: number,
): Problem | undefined {
  if (sinceMs === undefined) return othersFirst(plan);
  const untilMs = sinceMs + lateMs;
  if (nowMs >= untilMs) return undefined;
  const until = toKubeTime(untilMs);
  return {
    ...waiting(`closed on every master: what was sent before that may still come in until ${until}`),
    againMs: Math.min(untilMs - nowMs, LONGEST_WAIT_MS),
  };
}

function waiting(message: string): Problem {
  return { reason: 'Draining', message, unknown: false };
}

function actuals<Desired, Actual, Write>(
  { name }: Entry<Desired>,
  { drains }: Plan<Write>,
  tables: Tables<Actual>,
): readonly Actual[] {
  return drains.flatMap(({ address }) => {
    const table = tables.get(address);
    const actual = table?.ok === true ? table.value.get(name) : undefined;
    return actual === undefined ? [] : [actual];
  });
}

/** Name servers that lead clients to what is to go, or do not say: their clients are not late yet. */
async function whoLeadsThere<O extends DeclaredObject, Desired, Actual, Write>(
  drain: NonNullable<ObjectKind<O, Desired, Actual, Write>['drain']>,
  view: ClusterView,
  entry: Entry<Desired>,
  { nameServers, silentNameServers }: Topology,
  deps: DrainDeps,
  options: CallOptions,
): Promise<readonly Problem[]> {
  const groups = view.groups.filter((group) => isDeclaredOn(entry, group));
  const open = await Promise.all(
    nameServers.map(async (address) => {
      deps.asked('TopicRoute');
      const answer = await settle(deps.servers.nameServer(address).topicRoute(entry.name, options));
      if (!answer.ok) return [`name server ${address} ${whyNot(answer.error)}`];
      const route = answer.value;
      const isClosed =
        route === undefined || groups.every((group) => drain.isClosed(entry.desired, group, route));
      return isClosed ? [] : [`name server ${address} still leads clients to what is to go`];
    }),
  );
  return [...silentNameServers, ...open.flat()].map(waiting);
}

/** By key: what is left of it, or who does not say. */
async function leftovers<O extends DeclaredObject, Desired, Actual, Write>(
  drain: NonNullable<ObjectKind<O, Desired, Actual, Write>['drain']>,
  view: ClusterView,
  ripe: readonly Entry<Desired>[],
  plans: ReadonlyMap<string, Plan<Write>>,
  masters: ReturnType<typeof readable>,
  closedForMs: (key: string) => number,
  deps: DrainDeps,
  options: CallOptions,
): Promise<ReadonlyMap<string, readonly Problem[]>> {
  if (ripe.length === 0) return new Map();
  const answers = await Promise.all(
    masters.map(async ({ group, address }) => {
      deps.asked('Leftovers');
      const answer = await settle(drain.readers(deps.servers.broker(address), options));
      return { group, address, answer };
    }),
  );
  const silent = answers.flatMap(({ group, address, answer }) =>
    answer.ok ? [] : [silentBroker(group, address, answer.error)],
  );
  if (silent.length > 0) return new Map(ripe.map(({ key }) => [key, silent]));
  const readersOf = (name: string): ReadonlySet<string> =>
    new Set(answers.flatMap(({ answer }) => (answer.ok ? [...(answer.value.get(name) ?? [])] : [])));
  const byMaster = new Map<string, { readonly group: string; readonly entry: Entry<Desired> }[]>();
  for (const entry of ripe)
    for (const { group, address } of planOf(plans, entry.key).drains)
      append(byMaster, address, { group, entry });
  const problems = new Map<string, Problem[]>();
  await Promise.all(
    [...byMaster].map(async ([address, items]) => {
      const closed = items.map(({ entry: { key, name, desired } }): readonly [string, Closed<Desired>] => [
        name,
        { desired, closedForMs: closedForMs(key), readers: readersOf(name) },
      ]);
      const broker = deps.servers.broker(address);
      const answer = await settle(drain.leftovers(broker, new Map(closed), view, options));
      for (const { group, entry } of items) {
        const problem = problemOf(group, address, entry.name, answer);
        if (problem !== undefined) append(problems, entry.key, problem);
      }
    }),
  );
  return problems;
}

function problemOf(
  group: string,
  address: string,
  name: string,
  answer: Answer<ReadonlyMap<string, string>>,
): Problem | undefined {
  if (!answer.ok) return silentBroker(group, address, answer.error);
  const clause = answer.value.get(name);
  return clause === undefined
    ? undefined
    : { ...waiting(`${group}: ${clause}`), group, againMs: CONSUMERS_POLL_MS };
}
