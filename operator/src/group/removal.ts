import { refusalsOf, type RemovalCalls } from '../objects/mod.ts';
import type { BrokerAdmin, CallOptions, ConsumerOffsets, TopicConfig } from '../rocketmq/mod.ts';

/** What belongs to groups goes before they do: of a group that is gone nobody would know what is left. */
export const groupRemoval: RemovalCalls = {
  remove: async (broker, names, options) => {
    const [offsets, { topics }] = await Promise.all([
      broker.consumerOffsets(options),
      broker.topicConfigs(options),
    ]);
    return refusalsOf(names, async (name) => {
      for (const topic of retryTopicsOf(name, offsets, topics)) await broker.deleteTopic(topic, options);
      if (await hasNoDeadLetters(broker, name, topics, options))
        await broker.deleteTopic(deadLettersOf(name), options);
      await broker.deleteSubscriptionGroup(name, { cleanOffsets: true }, options);
    });
  },
  isRouteOf: (topic, name) =>
    topic === `%RETRY%${name}` ||
    topic === deadLettersOf(name) ||
    topic.startsWith(`%RETRY%${name}+`) ||
    topic.startsWith(`%RETRY%${name}_`),
};

/**
 * Its own retry topic, and those by which POP tries messages of each topic again. A name of the latter kind can be that of
 * two groups (`%RETRY%a_b_c`): then it stays.
 */
export function retryTopicsOf(
  group: string,
  offsets: ConsumerOffsets,
  topics: ReadonlyMap<string, TopicConfig>,
): readonly string[] {
  const ofOthers = new Set(
    [...offsets].flatMap(([other, read]) => (other === group ? [] : popRetryTopics(other, read))),
  );
  const own = popRetryTopics(group, offsets.get(group) ?? new Map<string, unknown>());
  return [`%RETRY%${group}`, ...own.filter((topic) => !ofOthers.has(topic))].filter((topic) =>
    topics.has(topic),
  );
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
