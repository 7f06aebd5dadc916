/**
 * Giving up a part of what brokers hold, without losing what is in it: every master is closed to more of it first, then
 * what was on its way may still come in, then consumers read what is left, and only then it goes, on all masters at once.
 */
import { toKubeTime, type Clock } from '../kube/mod.ts';
import type { CallOptions } from '../rocketmq/mod.ts';
import { settle, type Answer } from './answer.ts';
import { append } from './append.ts';
import type { ClusterView, DeclaredObject, ObjectKind } from './kind.ts';
import type { ServerRequest } from './metrics.ts';
import { planOf, silentBroker, type Entry, type Plan, type PlannedWrite, type Problem } from './plan.ts';
import type { Tables } from './tables.ts';
import type { RocketmqServers } from './topology.ts';

export interface DrainDeps {
  readonly servers: RocketmqServers;
  readonly clock: Pick<Clock, 'now'>;
  readonly asked: (request: ServerRequest) => void;
}

export interface Drained<Write> {
  readonly plans: ReadonlyMap<string, Plan<Write>>;
  /** By key, of objects that have something to run empty on masters that are all closed: since when, in epoch milliseconds. */
  readonly sinceMs: ReadonlyMap<string, number>;
}

/**
 * Turns what is planned for when masters have run empty into writes where they have, and into what they wait for
 * elsewhere. Masters that are to be asked are asked once each, for all objects.
 */
export async function drained<O extends DeclaredObject, Desired, Actual, Write>(
  kind: Pick<ObjectKind<O, Desired, Actual, Write>, 'drain'>,
  view: ClusterView,
  entries: readonly Entry<Desired>[],
  plans: ReadonlyMap<string, Plan<Write>>,
  tables: Tables<Actual>,
  deps: DrainDeps,
  options: CallOptions,
): Promise<Drained<Write>> {
  const { drain } = kind;
  const draining = entries.filter(({ key }) => (plans.get(key)?.drains.length ?? 0) > 0);
  if (drain === undefined || draining.length === 0) return { plans, sinceMs: new Map() };
  const nowMs = deps.clock.now();
  const next = new Map(plans);
  const sinceMs = new Map<string, number>();
  const ripe: Entry<Desired>[] = [];
  for (const entry of draining) {
    const plan = planOf(plans, entry.key);
    const since = closedSinceMs(entry, plan, nowMs);
    if (since !== undefined) sinceMs.set(entry.key, since);
    const lateMs = Math.max(
      ...actuals(entry.name, plan.drains, tables).map((actual) => drain.lateMs(actual, view)),
    );
    const wait = whatToWaitFor(plan, since, lateMs, nowMs);
    if (wait === undefined) ripe.push(entry);
    else next.set(entry.key, { ...plan, drains: [], problems: [...plan.problems, ...wait] });
  }
  const left = await leftovers(drain, ripe, plans, deps, options);
  for (const { key } of ripe) {
    const plan = planOf(plans, key);
    const problems = left.get(key);
    next.set(key, {
      ...plan,
      drains: [],
      ...(problems === undefined ? { writes: plan.drains } : { problems }),
    });
  }
  return { plans: next, sinceMs };
}

/**
 * Undefined while a master is not closed yet: also one that was opened again by hand, or was elected without having heard
 * of it. A master that is silent is taken for as closed as it was.
 */
function closedSinceMs<Desired, Write>(
  { drainingSinceMs }: Entry<Desired>,
  { writes, problems }: Plan<Write>,
  nowMs: number,
): number | undefined {
  if (writes.length > 0) return undefined;
  return drainingSinceMs ?? (problems.length > 0 ? undefined : nowMs);
}

function whatToWaitFor<Write>(
  { writes, problems, drains }: Plan<Write>,
  sinceMs: number | undefined,
  lateMs: number,
  nowMs: number,
): readonly Problem[] | undefined {
  const groups = drains.map(({ group }) => group).join(', ');
  if (sinceMs === undefined || writes.length + problems.length > 0)
    return [waiting(`${groups} closed already, and waiting for the other masters`)];
  const untilMs = sinceMs + lateMs;
  if (nowMs >= untilMs) return undefined;
  const until = toKubeTime(untilMs);
  return [waiting(`closed on every master: what was sent before that may still come in until ${until}`)];
}

function waiting(message: string): Problem {
  return { reason: 'Draining', message, unknown: false };
}

function actuals<Actual, Write>(
  name: string,
  drains: readonly PlannedWrite<Write>[],
  tables: Tables<Actual>,
): readonly Actual[] {
  return drains.flatMap(({ address }) => {
    const table = tables.get(address);
    const actual = table?.ok === true ? table.value.get(name) : undefined;
    return actual === undefined ? [] : [actual];
  });
}

/** By key: what is left of it, or who does not say. */
async function leftovers<O extends DeclaredObject, Desired, Actual, Write>(
  drain: NonNullable<ObjectKind<O, Desired, Actual, Write>['drain']>,
  ripe: readonly Entry<Desired>[],
  plans: ReadonlyMap<string, Plan<Write>>,
  deps: DrainDeps,
  options: CallOptions,
): Promise<ReadonlyMap<string, readonly Problem[]>> {
  const byMaster = new Map<string, { readonly group: string; readonly entry: Entry<Desired> }[]>();
  for (const entry of ripe)
    for (const { group, address } of planOf(plans, entry.key).drains)
      append(byMaster, address, { group, entry });
  const problems = new Map<string, Problem[]>();
  await Promise.all(
    [...byMaster].map(async ([address, items]) => {
      deps.asked('Leftovers');
      const draining = new Map(items.map(({ entry }) => [entry.name, entry.desired]));
      const answer = await settle(drain.leftovers(deps.servers.broker(address), draining, options));
      for (const { group, entry } of items) {
        const problem = problemOf(group, address, entry.name, answer);
        if (problem !== undefined) append(problems, entry.key, problem);
      }
    }),
  );
  options.signal?.throwIfAborted();
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
  return clause === undefined ? undefined : waiting(`${group}: ${clause}`);
}
