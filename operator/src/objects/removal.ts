import type { BatchFailures, CallOptions } from '../rocketmq/mod.ts';
import { settle, whyNot, type Answer } from './answer.ts';
import type { ClusterView, DeclaredObject, DeletionGuard, ObjectKind, Verdict } from './kind.ts';
import type { PassDeps } from './pass.ts';
import { pending, silentBroker, type Problem } from './plan.ts';
import { Findings, type Hindrances } from './findings.ts';
import { removeRoutes } from './remove-routes.ts';
import { listTables, type Tables } from './tables.ts';
import { observeTopology, type Master } from './topology.ts';

/** One object that is to go. */
export interface Removal {
  /** `namespace/name` of the Kubernetes object. */
  readonly key: string;
  /** RocketMQ's name. */
  readonly name: string;
  readonly guards: readonly DeletionGuard[];
}

/** `foundOn`: groups that had it still. */
export type RemovalResult = { readonly kind: 'Gone'; readonly foundOn: readonly string[] } | Verdict;

type Confirmed = Extract<Master, { kind: 'Confirmed' }>;

/**
 * Takes objects from all brokers of a cluster: masters first, which alone decide, then their replicas, which keep offsets
 * and the index of messages of what only vanishes from their tables (SlaveSynchronize), then the name servers, which
 * route a deleted topic for good (rocketmq-wire.md §2.4). Nothing begins before every master is known; each step is done
 * again by a later pass until all of them have succeeded.
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
  const topology = await observeTopology(view, deps.servers, options, deps.asked);
  const { masters, problems } = confirmed(topology.masters);
  const tables = await listTables(kind, addressesOf(masters), deps, options);
  problems.push(...silences(masters, tables));
  if (problems.length > 0) return new Map(removals.map(({ key }) => [key, pending(problems)]));

  const foundOn = holders(removals, masters, tables);
  const results = new Map<string, RemovalResult>();
  let open = removals;
  for (const step of [
    async () => objections(kind, open, masters, foundOn, deps, options),
    async () => takeFromMasters(kind, open, masters, foundOn, deps, options),
    async () => takeFromReplicas(kind, open, topology.replicas, deps, options),
    async () => removeRoutes(kind, view, namesOf(open), topology, addressesOf(masters), deps, options),
  ]) {
    if (open.length === 0) break;
    const findings = await step();
    signal.throwIfAborted();
    for (const { key, name } of open) {
      const finding = findings.get(name);
      if (finding !== undefined) results.set(key, finding);
    }
    open = open.filter(({ key }) => !results.has(key));
  }
  for (const { key, name } of open) {
    results.set(key, { kind: 'Gone', foundOn: [...(foundOn.get(name) ?? [])] });
  }
  return results;
}

function namesOf(removals: readonly Removal[]): readonly string[] {
  return removals.map(({ name }) => name);
}

function addressesOf(masters: readonly Confirmed[]): readonly string[] {
  return masters.map(({ address }) => address);
}

function confirmed(masters: readonly Master[]): {
  readonly masters: Confirmed[];
  readonly problems: Problem[];
} {
  const known: Confirmed[] = [];
  const problems: Problem[] = [];
  for (const master of masters) {
    if (master.kind === 'Confirmed') known.push(master);
    else {
      const reason = master.kind === 'Unknown' ? master.reason : 'MasterUnknown';
      problems.push({ reason, message: master.why, unknown: true });
    }
  }
  return { masters: known, problems };
}

function silences(masters: readonly Confirmed[], tables: Tables<unknown>): readonly Problem[] {
  return masters.flatMap(({ group, address }) => {
    const table = tables.get(address);
    return table?.ok === true ? [] : [silentBroker(group, address, table?.error)];
  });
}

/** RocketMQ's name → groups whose master has it. */
function holders(
  removals: readonly Removal[],
  masters: readonly Confirmed[],
  tables: Tables<unknown>,
): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(
    removals.map(({ name }) => {
      const groups = masters.filter(({ address }) => {
        const table = tables.get(address);
        return table?.ok === true && table.value.has(name);
      });
      return [name, new Set(groups.map(({ group }) => group))];
    }),
  );
}

/** Names that a master holds, with their guards. */
async function objections<O extends DeclaredObject, Desired, Actual, Write>(
  kind: ObjectKind<O, Desired, Actual, Write>,
  removals: readonly Removal[],
  masters: readonly Confirmed[],
  foundOn: ReadonlyMap<string, ReadonlySet<string>>,
  deps: PassDeps,
  options: CallOptions,
): Promise<Hindrances> {
  const ask = kind.removal.objections;
  if (ask === undefined) return new Map();
  const found = new Findings();
  await Promise.all(
    masters.map(async ({ group, address }) => {
      const guarded = new Map(
        removals.flatMap(({ name, guards }) =>
          guards.length > 0 && foundOn.get(name)?.has(group) === true ? [[name, guards] as const] : [],
        ),
      );
      if (guarded.size === 0) return;
      deps.asked('Objections');
      const answer = await settle(ask(deps.servers.broker(address), guarded, options));
      if (!answer.ok) found.problem(guarded.keys(), silentBroker(group, address, answer.error));
      else for (const [name, clause] of answer.value) found.objection(name, `${group}: ${clause}`);
    }),
  );
  return found.verdicts();
}

async function takeFromMasters<O extends DeclaredObject, Desired, Actual, Write>(
  kind: ObjectKind<O, Desired, Actual, Write>,
  removals: readonly Removal[],
  masters: readonly Confirmed[],
  foundOn: ReadonlyMap<string, ReadonlySet<string>>,
  deps: PassDeps,
  options: CallOptions,
): Promise<Hindrances> {
  const found = new Findings();
  const answers = new Map<string, Answer<BatchFailures>>();
  await Promise.all(
    masters.map(async ({ group, address }) => {
      const names = namesOf(removals).filter((name) => foundOn.get(name)?.has(group) === true);
      if (names.length === 0) return;
      deps.asked('Remove');
      answers.set(address, await settle(kind.removal.remove(deps.servers.broker(address), names, options)));
    }),
  );
  // What counts is what they hold now: an answer may be lost, and a success without effect.
  const asked = masters.filter(({ address }) => answers.has(address));
  const tables = await listTables(kind, addressesOf(asked), deps, options);
  for (const { group, address } of asked) {
    const table = tables.get(address);
    const answer = answers.get(address);
    for (const name of namesOf(removals)) {
      if (table?.ok !== true) found.problem([name], silentBroker(group, address, table?.error));
      else if (table.value.has(name)) found.left(name, group, address, answer);
    }
  }
  return found.verdicts();
}

async function takeFromReplicas<O extends DeclaredObject, Desired, Actual, Write>(
  kind: ObjectKind<O, Desired, Actual, Write>,
  removals: readonly Removal[],
  replicas: ReadonlyMap<string, readonly string[]>,
  deps: PassDeps,
  options: CallOptions,
): Promise<Hindrances> {
  const found = new Findings();
  const names = namesOf(removals);
  const all = [...replicas].flatMap(([group, addresses]) => addresses.map((address) => ({ group, address })));
  await Promise.all(
    all.map(async ({ group, address }) => {
      deps.asked('Remove');
      const answer = await settle(kind.removal.remove(deps.servers.broker(address), names, options));
      if (!answer.ok) {
        const message = `a replica of ${group}, ${address}, ${whyNot(answer.error)}`;
        found.problem(names, { reason: 'BrokerUnreachable', message, unknown: true });
      } else for (const [name, failure] of answer.value) found.refusal(name, group, failure);
    }),
  );
  return found.verdicts();
}
