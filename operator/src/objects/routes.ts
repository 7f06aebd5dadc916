import type { Clock } from '../kube/mod.ts';
import type { CallOptions, NameServerAdmin, TopicRoute } from '../rocketmq/mod.ts';
import { settle, whyNot, type Answer } from './answer.ts';
import { append } from './append.ts';
import { forEachLimited } from './concurrency.ts';
import type { ServerRequest } from './metrics.ts';
import type { Entry } from './plan.ts';
import { silentNameServer, type Problem } from './problems.ts';
import type { RocketmqServers, Topology } from './topology.ts';

/**
 * A broker registers a new topic with its name servers at once, yet after it has answered the write. So a route
 * that is missing is asked for again for about a second before it counts as missing.
 */
const ROUTE_RETRY_DELAYS_MS: readonly number[] = [20, 50, 100, 250, 500];
const ROUTE_CALLS_IN_FLIGHT = 32;

export interface RouteDeps {
  readonly servers: RocketmqServers;
  readonly clock: Clock;
  readonly asked: (request: ServerRequest) => void;
}

export interface RouteCheck<Desired> {
  readonly entries: readonly Entry<Desired>[];
  /** Written in this pass. */
  readonly written: ReadonlySet<string>;
  /** Broker groups that an object is declared on. */
  readonly groupsOf: (entry: Entry<Desired>) => readonly string[];
  readonly topology: Topology;
  readonly isRouted: (desired: Desired, brokerName: string, route: TopicRoute) => boolean;
}

/**
 * Checks that every name server routes every object to every group that it is declared on. Objects that were Ready and not touched are
 * looked up in one list of names a name server, which keeps a resync of thousands at one call; the others, and
 * those that the list lacks, are asked for one by one and compared group by group.
 *
 * @returns problems by object key; an object without problems is routed
 */
export async function checkRoutes<Desired>(
  check: RouteCheck<Desired>,
  deps: RouteDeps,
  options: CallOptions,
): Promise<ReadonlyMap<string, readonly Problem[]>> {
  const problems = new Map<string, Problem[]>();
  const silent = check.topology.silentNameServers;
  for (const { key } of check.entries) {
    for (const message of silent) append(problems, key, silentNameServer(message));
  }
  await Promise.all(
    check.topology.nameServers.map(async (address) => {
      for (const [key, problem] of await checkOneServer(check, address, deps, options))
        append(problems, key, problem);
    }),
  );
  return problems;
}

async function checkOneServer<Desired>(
  check: RouteCheck<Desired>,
  address: string,
  deps: RouteDeps,
  options: CallOptions,
): Promise<ReadonlyMap<string, Problem>> {
  const nameServer = deps.servers.nameServer(address);
  let missing = await withoutListed(check, async () => {
    deps.asked('TopicNames');
    return settle(nameServer.topicNames(options));
  });
  const problems = new Map<string, Problem>();
  for (const delayMs of [0, ...ROUTE_RETRY_DELAYS_MS]) {
    if (missing.length === 0) break;
    if (delayMs > 0) await deps.clock.sleep(delayMs, options.signal);
    problems.clear();
    const still: Entry<Desired>[] = [];
    let silent: Problem | undefined;
    await forEachLimited(missing, ROUTE_CALLS_IN_FLIGHT, async (entry) => {
      const problem =
        silent ?? judgeRoute(check, address, entry, await askRoute(nameServer, entry.name, deps, options));
      if (problem === undefined) return;
      problems.set(entry.key, problem);
      // Once it stops answering it is not asked again in this pass: each call would wait for its full time.
      if (problem.unknown) silent = problem;
      else still.push(entry);
    });
    options.signal?.throwIfAborted();
    if (silent !== undefined) break;
    missing = still;
  }
  return problems;
}

async function askRoute(
  nameServer: NameServerAdmin,
  name: string,
  deps: RouteDeps,
  options: CallOptions,
): Promise<Answer<TopicRoute | undefined>> {
  deps.asked('TopicRoute');
  return settle(nameServer.topicRoute(name, options));
}

/** Leaves out the settled entries that the list of names contains. No list, no statement: all stay. */
async function withoutListed<Desired>(
  check: RouteCheck<Desired>,
  list: () => Promise<Answer<ReadonlySet<string>>>,
): Promise<readonly Entry<Desired>[]> {
  const isUntouched = (entry: Entry<Desired>): boolean => entry.settled && !check.written.has(entry.key);
  if (!check.entries.some(isUntouched)) return check.entries;
  const names = await list();
  if (!names.ok) return check.entries;
  return check.entries.filter((entry) => !(isUntouched(entry) && names.value.has(entry.name)));
}

function judgeRoute<Desired>(
  check: RouteCheck<Desired>,
  address: string,
  entry: Entry<Desired>,
  answer: Answer<TopicRoute | undefined>,
): Problem | undefined {
  if (!answer.ok) {
    return silentNameServer(`name server ${address} ${whyNot(answer.error)}`);
  }
  const route = answer.value;
  const lacking = check
    .groupsOf(entry)
    .filter((group) => route === undefined || !check.isRouted(entry.desired, group, route));
  if (lacking.length === 0) return undefined;
  const message = `name server ${address} has no full route to ${lacking.join(', ')} yet`;
  return { reason: 'NotRouted', message, unknown: false };
}
