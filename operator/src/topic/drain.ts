/** Whether queues that a topic is to give up are empty (rocketmq-wire.md §6.7). */
import { ADMIN_CALLS_IN_FLIGHT, forEachLimited, type ClusterView, type DrainCalls } from '../objects/mod.ts';
import type { BrokerAdmin, CallOptions, ConsumerOffsets, TopicConfig, TopicStats } from '../rocketmq/mod.ts';
import { MESSAGE_TYPE, MESSAGE_TYPES, type DesiredTopic } from './desired.ts';
import { heldAttribute } from './diff.ts';
import { groupsInWords } from './groups-in-words.ts';

/** Clients and proxies learn of other queues within 30 s each, and a broker takes messages for queues that it still reads. */
const ROUTE_REFRESH_MS = 60_000;

export const queueDrain: DrainCalls<DesiredTopic, TopicConfig> = {
  lateMs: (actual, view) => ROUTE_REFRESH_MS + heldBackMs(actual, view),
  leftovers,
};

/** A timed message and a half message keep the queue that they were sent to. */
function heldBackMs(actual: TopicConfig, { heldBack }: ClusterView): number {
  const type = heldAttribute(actual, MESSAGE_TYPE);
  if (type === MESSAGE_TYPES.Normal || type === MESSAGE_TYPES.FIFO) return 0;
  if (type === MESSAGE_TYPES.Delay) return heldBack.timedMs;
  if (type === MESSAGE_TYPES.Transaction) return heldBack.transactionMs;
  return Math.max(heldBack.timedMs, heldBack.transactionMs);
}

async function leftovers(
  broker: BrokerAdmin,
  draining: ReadonlyMap<string, DesiredTopic>,
  options: CallOptions,
): Promise<ReadonlyMap<string, string>> {
  const [offsets, { groups }] = await Promise.all([
    broker.consumerOffsets(options),
    broker.subscriptionGroups(options),
  ]);
  // Of groups that there are no more a broker may keep an offset for ever.
  const present = new Map([...offsets].filter(([group]) => groups.has(group)));
  const left = new Map<string, string>();
  await forEachLimited([...draining], ADMIN_CALLS_IN_FLIGHT, async ([topic, { queues }]) => {
    const clause = clauseOf(queues, behind(topic, queues, await broker.topicStats(topic, options), present));
    if (clause !== undefined) left.set(topic, clause);
  });
  return left;
}

/** Groups that have a place in a topic, and have not read its queues from `first` on to their ends. */
function behind(
  topic: string,
  first: number,
  { queues }: TopicStats,
  offsets: ConsumerOffsets,
): readonly string[] {
  const filled = queues.filter(
    ({ queueId, minOffset, maxOffset }) => queueId >= first && maxOffset > minOffset,
  );
  return [...offsets]
    .filter(([, topics]) => {
      const places = topics.get(topic);
      // A queue that it never committed is one that it never read.
      return (
        places !== undefined && filled.some((queue) => (places.get(queue.queueId) ?? 0) < queue.maxOffset)
      );
    })
    .map(([group]) => group)
    .toSorted();
}

function clauseOf(first: number, groups: readonly string[]): string | undefined {
  return groups.length === 0
    ? undefined
    : `not read to the end by ${groupsInWords(groups)}: queues from number ${first} on`;
}
