import type { CallOptions } from '../rocketmq/mod.ts';
import { settle, whyNot } from './answer.ts';
import { forEachLimited } from './concurrency.ts';
import { Findings, type Hindrances } from './findings.ts';
import type { ClusterView, DeclaredObject, ObjectKind } from './kind.ts';
import type { PassDeps } from './pass.ts';
import { silentNameServer, type Problem } from './problems.ts';
import type { Topology } from './topology.ts';

const CALLS_IN_FLIGHT = 32;

/**
 * Makes every name server forget the topics that belonged to removed objects. Only what no master has any more: names of
 * retry topics can be read in two ways (`a_b` of `c`, `a` of `b_c`), and a route that leads to a topic is left alone.
 *
 * @param names RocketMQ's names of what was removed
 * @param masters addresses; all of them answered before
 * @returns by name: why its routes are not known to be gone
 */
export async function removeRoutes<O extends DeclaredObject, Desired, Actual, Write>(
  kind: ObjectKind<O, Desired, Actual, Write>,
  view: ClusterView,
  names: readonly string[],
  topology: Topology,
  masters: readonly string[],
  deps: PassDeps,
  options: CallOptions,
): Promise<Hindrances> {
  const found = new Findings();
  for (const message of topology.silentNameServers) found.problem(names, silentNameServer(message));
  const held = await topicsOf(masters, deps, options);
  if (!held.ok) {
    found.problem(names, held.problem);
    return found.verdicts();
  }
  await Promise.all(
    topology.nameServers.map(async (address) => {
      const left = await settle(removeFrom(kind, view, names, address, held.topics, deps, options));
      if (left.ok) {
        for (const [name, topic] of left.value) {
          const message = `name server ${address} routes ${topic} still`;
          found.problem([name], { reason: 'Deleting', message, unknown: false });
        }
      } else found.problem(names, silentNameServer(`name server ${address} ${whyNot(left.error)}`));
    }),
  );
  return found.verdicts();
}

/** @returns the names of which it has a route still, with that topic */
async function removeFrom<O extends DeclaredObject, Desired, Actual, Write>(
  kind: ObjectKind<O, Desired, Actual, Write>,
  view: ClusterView,
  names: readonly string[],
  address: string,
  held: ReadonlySet<string>,
  deps: PassDeps,
  options: CallOptions,
): Promise<ReadonlyMap<string, string>> {
  const nameServer = deps.servers.nameServer(address);
  const belonging = async (): Promise<ReadonlyMap<string, string>> => {
    deps.asked('TopicNames');
    const topics = [...(await nameServer.topicNames(options))].filter((topic) => !held.has(topic));
    return new Map(
      topics.flatMap((topic) => {
        const name = names.find((each) => kind.removal.isRouteOf(topic, each));
        return name === undefined ? [] : [[topic, name] as const];
      }),
    );
  };
  const before = await belonging();
  if (before.size === 0) return new Map();
  await forEachLimited([...before.keys()], CALLS_IN_FLIGHT, async (topic) => {
    deps.asked('RemoveRoute');
    await nameServer.deleteTopicRoute(topic, view.clusterName, options);
  });
  // A registration that was on its way brings them back.
  return new Map([...(await belonging())].map(([topic, name]) => [name, topic]));
}

type Held =
  | { readonly ok: true; readonly topics: ReadonlySet<string> }
  | { readonly ok: false; readonly problem: Problem };

async function topicsOf(masters: readonly string[], deps: PassDeps, options: CallOptions): Promise<Held> {
  const answers = await Promise.all(
    masters.map(async (address) => {
      deps.asked('List');
      return [address, await settle(deps.servers.broker(address).topicConfigs(options))] as const;
    }),
  );
  const topics = new Set<string>();
  for (const [address, answer] of answers) {
    if (!answer.ok) {
      const message = `the master ${address} ${whyNot(answer.error)}`;
      return { ok: false, problem: { reason: 'BrokerUnreachable', message, unknown: true } };
    }
    for (const topic of answer.value.topics.keys()) topics.add(topic);
  }
  return { ok: true, topics };
}
