/** Asks masters and a proxy how consumer groups are doing: two list calls a master, and one a topic, an age or a member list. */
import {
  ADMIN_CALLS_IN_FLIGHT,
  forEachLimited,
  observeTopology,
  type ClusterView,
  type RocketmqServers,
} from '../objects/mod.ts';
import {
  RocketmqError,
  type BrokerAdmin,
  type CallOptions,
  type ConsumerAdmin,
  type TopicStats,
} from '../rocketmq/mod.ts';
import { backlogOf, deadLettersOf, topicsFor, totalOf, type Backlog, type Heard } from './backlog.ts';

export interface LagServers extends RocketmqServers {
  proxy(address: string): ConsumerAdmin;
}

/** What is known of one group; a field that is absent is unknown. */
export interface Consumption {
  readonly backlog?: Backlog;
  /** Age of the oldest message that waits for the group in a queue in which it has a place; 0: none waits. */
  readonly oldestMs?: number;
  /** Clients that are connected, to brokers or proxies. */
  readonly members?: number;
  readonly deadLetters?: number;
}

/** @throws only the signal's reason; whoever does not answer leaves something unknown */
export async function observeConsumption(
  view: ClusterView,
  groups: readonly string[],
  servers: LagServers,
  options: CallOptions,
): Promise<ReadonlyMap<string, Consumption>> {
  const { masters } = await observeTopology(view, servers, options, () => undefined);
  const addresses = masters.map((master) => (master.kind === 'Unknown' ? undefined : master.address));
  const brokers = addresses.map((address) => (address === undefined ? undefined : servers.broker(address)));
  const [heard, members] = await Promise.all([
    Promise.all(brokers.map(async (broker) => listen(broker, groups, options))),
    membersOf(groups, [...brokers, servers.proxy(view.proxy)], options),
  ]);
  const found = new Map<string, Consumption>();
  const backlogs = new Map(groups.map((group) => [group, backlogOf(group, heard)]));
  const ages = await agesOf(backlogs, brokers, heard, options);
  options.signal?.throwIfAborted();
  for (const group of groups) {
    const known = {
      backlog: backlogs.get(group),
      oldestMs: ages.get(group),
      members: members.get(group),
      deadLetters: deadLettersOf(group, heard),
    };
    found.set(group, Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)));
  }
  return found;
}

const nothing: Heard = { offsets: undefined, stats: new Map() };

async function listen(
  broker: BrokerAdmin | undefined,
  groups: readonly string[],
  options: CallOptions,
): Promise<Heard> {
  if (broker === undefined) return nothing;
  const offsets = await answerOf(broker.consumerOffsets(options));
  if (offsets === undefined || offsets === 'Absent') return nothing;
  const stats = new Map<string, TopicStats | 'Absent'>();
  await untilSilent(topicsFor(groups, offsets), async (topic) => {
    const told = await answerOf(broker.topicStats(topic, options));
    if (told === undefined) return 'Silent';
    stats.set(topic, told);
    return undefined;
  });
  return { offsets, stats };
}

/** A client that is connected to several servers is one. */
async function membersOf(
  groups: readonly string[],
  servers: readonly (ConsumerAdmin | undefined)[],
  options: CallOptions,
): Promise<ReadonlyMap<string, number>> {
  const clients = new Map(groups.map((group) => [group, new Set<string>()]));
  const unknown = new Set<string>();
  await Promise.all(
    servers.map(async (server) => {
      const left = new Set(groups);
      if (server !== undefined)
        await untilSilent(groups, async (group) => {
          const ids = await answerOf(server.consumerClients(group, options));
          if (ids === undefined || ids === 'Absent') return 'Silent';
          for (const id of ids) clients.get(group)?.add(id);
          left.delete(group);
          return undefined;
        });
      for (const group of left) unknown.add(group);
    }),
  );
  return new Map(
    [...clients].filter(([group]) => !unknown.has(group)).map(([group, ids]) => [group, ids.size]),
  );
}

/** Only of groups that something waits for: the answer costs the broker a read of its log a queue. */
async function agesOf(
  backlogs: ReadonlyMap<string, Backlog | undefined>,
  brokers: readonly (BrokerAdmin | undefined)[],
  heard: readonly Heard[],
  options: CallOptions,
): Promise<ReadonlyMap<string, number>> {
  const ages = new Map<string, number>();
  for (const [group, backlog] of backlogs) if (backlog !== undefined) ages.set(group, 0);
  await Promise.all(
    brokers.map(async (broker, index) => {
      const questions = [...backlogs].flatMap(([group, backlog]) =>
        backlog === undefined || totalOf(backlog) === 0 ? [] : questionsOn(heard[index], group, backlog),
      );
      if (broker === undefined) return;
      const asked = new Set<(typeof questions)[number]>();
      await untilSilent(questions, async (question) => {
        const { group, topic, placed } = question;
        const told = await answerOf(broker.unreadAges(group, topic, options));
        if (told === undefined) return 'Silent';
        asked.add(question);
        if (told === 'Absent') return undefined;
        const agesMs = [...told].filter(([queueId]) => placed.has(queueId)).map(([, ageMs]) => ageMs);
        const last = ages.get(group);
        if (last !== undefined) ages.set(group, Math.max(last, ...agesMs));
        return undefined;
      });
      for (const question of questions) if (!asked.has(question)) ages.delete(question.group);
    }),
  );
  return ages;
}

interface AgeQuestion {
  readonly group: string;
  readonly topic: string;
  /** Queues in which the group has a place: of others the age is made up. */
  readonly placed: ReadonlyMap<number, number>;
}

function questionsOn(heard: Heard | undefined, group: string, { topics }: Backlog): readonly AgeQuestion[] {
  const places = heard?.offsets?.get(group) ?? new Map<string, ReadonlyMap<number, number>>();
  return [...places].flatMap(([topic, placed]) =>
    (topics.get(topic) ?? 0) > 0 ? [{ group, topic, placed }] : [],
  );
}

/** Once a server says nothing it is not asked for the rest: each question would take its full time. */
async function untilSilent<T>(
  items: readonly T[],
  ask: (item: T) => Promise<'Silent' | undefined>,
): Promise<void> {
  let silent = false;
  await forEachLimited(items, ADMIN_CALLS_IN_FLIGHT, async (item) => {
    if (silent) return;
    silent = (await ask(item)) === 'Silent' || silent;
  });
}

/** @returns `Absent` when the server knows no such thing, undefined when it did not say */
async function answerOf<T>(call: Promise<T>): Promise<T | 'Absent' | undefined> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof RocketmqError)) throw error;
    return error.code === 'NotFound' ? 'Absent' : undefined;
  }
}
