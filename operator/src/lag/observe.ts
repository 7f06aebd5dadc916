/** Asks masters how far consumer groups have read: two list calls a master, and one a topic that a group reads. */
import type { Master as LocatedMaster, RocketmqServers } from '../objects/mod.ts';
import type { BrokerAdmin, CallOptions, TopicStats } from '../rocketmq/mod.ts';
import { agesOf, type Master } from './ages.ts';
import { answerOf, untilSilent } from './ask.ts';
import { backlogOf, deadLettersOf, topicsFor, type Backlog, type Heard } from './backlog.ts';

/** What is known of one group; a field that is absent is unknown. */
export interface Consumption {
  readonly backlog?: Backlog;
  /** Age of the oldest message that waits for the group in a queue in which it has a place; 0: none waits. */
  readonly oldestMs?: number;
  /** Clients that are connected, to brokers or proxies. */
  readonly members?: number;
  /** Messages that were delivered and are not acknowledged yet. */
  readonly inFlight?: number;
  readonly deadLetters?: number;
}

/** @throws only the signal's reason; whoever does not answer leaves something unknown */
export async function observeConsumption(
  located: readonly LocatedMaster[],
  groups: readonly string[],
  servers: RocketmqServers,
  options: CallOptions,
): Promise<ReadonlyMap<string, Consumption>> {
  const masters = await Promise.all(
    located.map(async (master): Promise<Master> => {
      const broker = master.kind === 'Unknown' ? undefined : servers.broker(master.address);
      return { broker, heard: broker === undefined ? nothing : await listen(broker, groups, options) };
    }),
  );
  const heard = masters.map((master) => master.heard);
  const backlogs = new Map(groups.map((group) => [group, backlogOf(group, heard)]));
  const ages = await agesOf(backlogs, masters, options);
  options.signal?.throwIfAborted();
  return new Map(
    groups.map((group) => [group, known(backlogs.get(group), ages.get(group), deadLettersOf(group, heard))]),
  );
}

function known(
  backlog: Backlog | undefined,
  oldestMs: number | undefined,
  deadLetters: number | undefined,
): Consumption {
  return {
    ...(backlog === undefined ? {} : { backlog }),
    ...(oldestMs === undefined ? {} : { oldestMs }),
    ...(deadLetters === undefined ? {} : { deadLetters }),
  };
}

const nothing: Heard = { offsets: undefined, stats: new Map() };

async function listen(broker: BrokerAdmin, groups: readonly string[], options: CallOptions): Promise<Heard> {
  const [offsets, table] = await Promise.all([
    answerOf(broker.consumerOffsets(options)),
    answerOf(broker.topicConfigs(options)),
  ]);
  if (typeof offsets === 'string' || typeof table === 'string') return nothing;
  const stats = new Map<string, TopicStats | 'Absent'>();
  await untilSilent(topicsFor(groups, offsets), async (topic) => {
    // Most groups have no dead letters, nor the topic for them.
    const told = table.topics.has(topic) ? await answerOf(broker.topicStats(topic, options)) : 'Absent';
    if (told === 'Silent') return false;
    if (told !== 'Unclear') stats.set(topic, told);
    return true;
  });
  return { offsets, stats };
}
