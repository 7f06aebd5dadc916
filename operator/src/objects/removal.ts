import type { BatchFailures, CallOptions } from '../rocketmq/mod.ts';
import { settle, type Answer } from './answer.ts';
import { Findings, type Hindrances } from './findings.ts';
import type { ClusterView, DeclaredObject, DeletionGuard, ObjectKind, Verdict } from './kind.ts';
import type { PassDeps } from './pass.ts';
import { isDeclaredOn } from './plan.ts';
import { observePlaces, roleIn } from './places.ts';
import { pending, silentBroker, type BrokerRole, type Problem } from './problems.ts';
import { removeRoutes } from './remove-routes.ts';
import { listTables, type Tables } from './tables.ts';
import { type Master, type Topology } from './topology.ts';

/** One object that is to go. */
export interface Removal {
  /** `namespace/name` of the Kubernetes object. */
  readonly key: string;
  /** RocketMQ's name. */
  readonly name: string;
  readonly guards: readonly DeletionGuard[];
  /** Broker groups that it was declared on; undefined: all of them. What others have is not its own. */
  readonly groups: readonly string[] | undefined;
}

export type RemovalResult = { readonly kind: 'Gone' } | Verdict;

/**
 * Takes objects from all brokers of a cluster: masters first, which alone decide, then their replicas, which keep offsets
 * and the index of messages of what only vanishes from their tables (SlaveSynchronize), then the name servers, which
 * route a deleted topic for good (rocketmq-wire.md §2.4). Nothing begins before every master is known; each step is done
 * again by a later pass until all of them have succeeded. Of what every member has for itself each loses it at once: who is
 * silent keeps it from nobody else, and the object until it answers.
 *
 * @throws only the signal's reason; whatever a server does or fails to do ends up in a result
 */
export async function runRemoval<O extends DeclaredObject, Desired, Actual, Write>(
  kind: ObjectKind<O, Desired, Actual, Write>,
  view: ClusterView,
  removals: readonly Removal[],
  deps: PassDeps,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, RemovalResult>> {
  const options: CallOptions = { signal, timeoutMs: deps.callTimeoutMs };
  const topology = await observePlaces(kind.places, view, deps.servers, options, deps.asked);
  const { masters, problems } = confirmed(topology.masters, roleIn(kind.places));
  const take = (brokers: readonly Broker[]): Step => {
    return async (open) => takeFrom(kind, open, brokers, deps, options);
  };
  if (kind.places === 'Members') return inSteps(removals, [take(masters)], signal);
  const tables = await listTables(kind, addressesOf(masters), deps, options);
  problems.push(...silences(masters, tables));
  if (problems.length > 0) return new Map(removals.map(({ key }) => [key, pending(problems)]));
  const steps: readonly Step[] = [
    async (open) => objections(kind, open, masters, tables, deps, options),
    take(masters),
    take(replicasOf(topology)),
    async (open) => removeRoutes(kind, view, namesOf(open), topology, addressesOf(masters), deps, options),
  ];
  return inSteps(removals, steps, signal);
}

type Step = (open: readonly Removal[]) => Promise<Hindrances>;

/** What a step finds in the way keeps an object from the next one. */
async function inSteps(
  removals: readonly Removal[],
  steps: readonly Step[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, RemovalResult>> {
  const results = new Map<string, RemovalResult>();
  let open = removals;
  for (const step of steps) {
    if (open.length === 0) break;
    const findings = await step(open);
    signal.throwIfAborted();
    for (const { key, name } of open) {
      const finding = findings.get(name);
      if (finding !== undefined) results.set(key, finding);
    }
    open = open.filter(({ key }) => !results.has(key));
  }
  for (const { key } of open) results.set(key, { kind: 'Gone' });
  return results;
}

function namesOf(removals: readonly Removal[]): readonly string[] {
  return removals.map(({ name }) => name);
}

function addressesOf(masters: readonly Broker[]): readonly string[] {
  return masters.map(({ address }) => address);
}

function confirmed(
  masters: readonly Master[],
  role: BrokerRole,
): {
  readonly masters: Broker[];
  readonly problems: Problem[];
} {
  const known: Broker[] = [];
  const problems: Problem[] = [];
  for (const master of masters) {
    if (master.kind === 'Confirmed') {
      const { group, address } = master;
      known.push({ group, address, role });
    } else {
      const reason = master.kind === 'Unknown' ? master.reason : 'MasterUnknown';
      problems.push({ group: master.group, reason, message: master.why, unknown: true });
    }
  }
  return { masters: known, problems };
}

function silences(masters: readonly Broker[], tables: Tables<unknown>): readonly Problem[] {
  return masters.flatMap(({ group, address, role }) => {
    const table = tables.get(address);
    return table?.ok === true ? [] : [silentBroker(group, address, table?.error, role)];
  });
}

/** Each master is asked about what it holds. */
async function objections<O extends DeclaredObject, Desired, Actual, Write>(
  kind: ObjectKind<O, Desired, Actual, Write>,
  removals: readonly Removal[],
  masters: readonly Broker[],
  tables: Tables<Actual>,
  deps: PassDeps,
  options: CallOptions,
): Promise<Hindrances> {
  const ask = kind.removal.objections;
  if (ask === undefined) return new Map();
  const found = new Findings();
  await Promise.all(
    masters.map(async ({ group, address, role }) => {
      const table = tables.get(address);
      const guarded = new Map(
        removals
          .filter((removal) => isDeclaredOn(removal, group) && removal.guards.length > 0)
          .filter(({ name }) => table?.ok === true && table.value.has(name))
          .map(({ name, guards }) => [name, guards]),
      );
      if (guarded.size === 0) return;
      deps.asked('Objections');
      const answer = await settle(ask(deps.servers.broker(address), guarded, options));
      if (!answer.ok) found.problem(guarded.keys(), silentBroker(group, address, answer.error, role));
      else for (const [name, clause] of answer.value) found.objection(name, `${group}: ${clause}`);
    }),
  );
  return found.verdicts();
}

/**
 * All of them from all of these, whether they have them or not: one that only lost a topic by its synchronization, and was
 * elected since, has the offsets and the index of messages still.
 */
async function takeFrom<O extends DeclaredObject, Desired, Actual, Write>(
  kind: ObjectKind<O, Desired, Actual, Write>,
  removals: readonly Removal[],
  brokers: readonly Broker[],
  deps: PassDeps,
  options: CallOptions,
): Promise<Hindrances> {
  const found = new Findings();
  const namesOn = (group: string): readonly string[] =>
    namesOf(removals.filter((removal) => isDeclaredOn(removal, group)));
  const concerned = brokers.filter(({ group }) => namesOn(group).length > 0);
  const answers = new Map<string, Answer<BatchFailures>>();
  await Promise.all(
    concerned.map(async ({ group, address }) => {
      deps.asked('Remove');
      const removing = kind.removal.remove(deps.servers.broker(address), namesOn(group), options);
      answers.set(address, await settle(removing));
    }),
  );
  // What counts is what they hold now: an answer may be lost, and a success without effect.
  const tables = await listTables(kind, addressesOf(concerned), deps, options);
  for (const { group, address, role } of concerned) {
    const names = namesOn(group);
    const table = tables.get(address);
    const answer = answers.get(address);
    if (table?.ok !== true) found.problem(names, silentBroker(group, address, table?.error, role));
    else if (answer?.ok !== true) found.problem(names, silentBroker(group, address, answer?.error, role));
    else for (const name of names) if (table.value.has(name)) found.left(name, group, answer.value.get(name));
  }
  return found.verdicts();
}

interface Broker {
  readonly group: string;
  readonly address: string;
  readonly role: BrokerRole;
}

function replicasOf({ replicas }: Topology): readonly Broker[] {
  return [...replicas].flatMap(([group, addresses]) =>
    addresses.map((address) => ({ group, address, role: 'a replica' }) as const),
  );
}
