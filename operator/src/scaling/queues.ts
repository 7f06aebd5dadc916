/** Which queues a group has to read, and how far it is in them, from what masters say. Pure. */
import type { ConsumerOffsets, TopicStats } from '../rocketmq/mod.ts';
import type { ObservedQueue, ObservedQueues } from './model.ts';

/** What one master told; a topic that is absent was not told of. `Absent`: the master does not have it. */
export interface HeardQueues {
  readonly broker: string;
  readonly offsets: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly stats: ReadonlyMap<string, TopicStats | 'Absent'>;
}

const RETRY = '%RETRY%';

export const isRetry = (topic: string): boolean => topic.startsWith(RETRY);

/**
 * Topics that a group reads: those in which it has a place on any master, and those of its retries, in which it has none before
 * it has read there. Retries of remoting clients have one topic, those of gRPC clients one a topic, named in one of two ways
 * (KeyBuilder.buildPopRetryTopicV1 and V2).
 */
export function topicsOf(group: string, offsets: readonly ConsumerOffsets[]): readonly string[] {
  const placed = new Set(offsets.flatMap((each) => [...(each.get(group)?.keys() ?? [])]));
  if (placed.size === 0) return [];
  const retries = [...placed]
    .filter((topic) => !isRetry(topic))
    .flatMap((topic) => [`${RETRY}${group}_${topic}`, `${RETRY}${group}+${topic}`]);
  return [...new Set([...placed, `${RETRY}${group}`, ...retries])];
}

/** @param topics what `topicsOf` says */
export function queuesOf(topics: readonly string[], heard: readonly HeardQueues[]): ObservedQueues {
  if (topics.length === 0) return { kind: 'Partial', silent: ['the group (it has never consumed)'] };
  const silent = heard.flatMap(({ broker, stats }) =>
    topics.filter((topic) => !stats.has(topic)).map((topic) => `${broker} of ${topic}`),
  );
  if (silent.length > 0) return { kind: 'Partial', silent };
  const queues = heard.flatMap((each) => topics.flatMap((topic) => queuesIn(each, topic)));
  return { kind: 'Complete', queues };
}

function queuesIn({ broker, offsets, stats }: HeardQueues, topic: string): readonly ObservedQueue[] {
  const told = stats.get(topic);
  // Of a topic that was deleted offsets stay until the broker looks for such.
  if (told === undefined || told === 'Absent') return [];
  const retry = isRetry(topic);
  return told.queues.map(({ queueId, minOffset, maxOffset }) => {
    // Retries are read from their beginning, whatever clients say (PopMessageProcessor, RebalancePushImpl).
    const committedOffset = offsets.get(topic)?.get(queueId) ?? (retry ? minOffset : undefined);
    return {
      broker,
      topic,
      queueId,
      oldestOffset: minOffset,
      newestOffset: maxOffset,
      ...(committedOffset === undefined ? {} : { committedOffset }),
      retry,
    };
  });
}
