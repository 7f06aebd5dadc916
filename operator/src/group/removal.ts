import { refusalsOf, type RemovalCalls } from '../objects/mod.ts';
import type { BrokerAdmin, CallOptions, ConsumerOffsets, TopicConfig } from '../rocketmq/mod.ts';

/** What belongs to groups goes before they do: of a group that is gone nobody would know what is left. */
export const groupRemoval: RemovalCalls = {
  remove: async (broker, names, options) => {
    const [offsets, { topics }, { groups }] = await Promise.all([
      broker.consumerOffsets(options),
      broker.topicConfigs(options),
      broker.subscriptionGroups(options),
    ]);
    return refusalsOf(names, async (name) => {
      for (const topic of retryTopicsOf(name, offsets, topics, [...groups.keys()]))
        await broker.deleteTopic(topic, options);
      if (await hasNoDeadLetters(broker, name, topics, options))
        await broker.deleteTopic(deadLettersOf(name), options);
      await broker.deleteSubscriptionGroup(name, { cleanOffsets: true }, options);
    });
  },
  isRouteOf: (topic, name) =>
    topic === retryTopicOf(name) ||
    topic === deadLettersOf(name) ||
    topic.startsWith(`%RETRY%${name}+`) ||
    topic.startsWith(`%RETRY%${name}_`),
};

/**
 * Its own retry topic, and those by which POP tries messages of each topic again. A name of the latter kind can be that of
 * another group as well: of the group `a_b`, or of its messages in `c` (`%RETRY%a_b`, `%RETRY%a_b_c`). Then it stays.
 *
 * @param groups all that there are
 */
export function retryTopicsOf(
  group: string,
  offsets: ConsumerOffsets,
  topics: ReadonlyMap<string, TopicConfig>,
  groups: readonly string[],
): readonly string[] {
  const others = [...new Set([...groups, ...offsets.keys()])].filter((other) => other !== group);
  const ofOthers = new Set(
    others.flatMap((other) => [retryTopicOf(other), ...popRetryTopics(other, offsets.get(other) ?? none)]),
  );
  const own = popRetryTopics(group, offsets.get(group) ?? none);
  return [retryTopicOf(group), ...own.filter((topic) => !ofOthers.has(topic))].filter((topic) =>
    topics.has(topic),
  );
}

const none: ReadonlyMap<string, unknown> = new Map();

function retryTopicOf(group: string): string {
  return `%RETRY%${group}`;
}

/** KeyBuilder.buildPopRetryTopicV1 and V2. */
function popRetryTopics(group: string, read: ReadonlyMap<string, unknown>): readonly string[] {
  return [...read.keys()].flatMap((topic) => [`%RETRY%${group}_${topic}`, `%RETRY%${group}+${topic}`]);
}

function deadLettersOf(group: string): string {
  return `%DLQ%${group}`;
}

/** Dead letters are somebody's messages still. */
async function hasNoDeadLetters(
  broker: BrokerAdmin,
  group: string,
  topics: ReadonlyMap<string, TopicConfig>,
  options: CallOptions,
): Promise<boolean> {
  const topic = deadLettersOf(group);
  if (!topics.has(topic)) return false;
  const { queues } = await broker.topicStats(topic, options);
  return queues.every(({ minOffset, maxOffset }) => minOffset === maxOffset);
}
