/** How much is left to read for a consumer group, from what masters say. Pure. */
import type { ConsumerOffsets, TopicStats } from '../rocketmq/mod.ts';

/** What one master told. Nothing stands for zero: who was not heard makes every sum unknown. */
export interface Heard {
  /** Undefined: it told nothing. */
  readonly offsets: ConsumerOffsets | undefined;
  /** By topic, those that were asked for. `Absent`: it does not have the topic. Missing: it did not say. */
  readonly stats: ReadonlyMap<string, TopicStats | 'Absent'>;
}

export interface Backlog {
  /**
   * By topic, retry topics among them: messages that wait for the group. Of gRPC groups that are not ordered what was
   * delivered and not acknowledged is not in it, and nobody tells it (rocketmq-wire.md §4.2).
   */
  readonly topics: ReadonlyMap<string, number>;
  /** Queues that have messages and in which the group has no place: what waits there is not in the sums. */
  readonly unplacedQueues: number;
}

export const deadLetterTopic = (group: string): string => `%DLQ%${group}`;

/** Of whose queues the ends are needed, on one master. */
export function topicsFor(groups: readonly string[], offsets: ConsumerOffsets): readonly string[] {
  return [
    ...new Set(groups.flatMap((group) => [...(offsets.get(group)?.keys() ?? []), deadLetterTopic(group)])),
  ];
}

/** By queue id: messages that wait for a group. Queues in which it has no place are absent. */
export function waitingIn(
  { queues }: TopicStats,
  places: ReadonlyMap<number, number>,
): ReadonlyMap<number, number> {
  return new Map(
    queues.flatMap(({ queueId, minOffset, maxOffset }) => {
      const place = places.get(queueId);
      // What was deleted before it was read waits for nobody any more.
      return place === undefined ? [] : [[queueId, Math.max(0, maxOffset - Math.max(place, minOffset))]];
    }),
  );
}

/**
 * Pull, push and POP groups keep their places in the same table, retry topics in the same way.
 *
 * @returns undefined: a master did not say, or the group has no place anywhere
 */
export function backlogOf(group: string, masters: readonly Heard[]): Backlog | undefined {
  const topics = new Map<string, number>();
  let unplacedQueues = 0;
  for (const { offsets, stats } of masters) {
    if (offsets === undefined) return undefined;
    for (const [topic, places] of offsets.get(group) ?? []) {
      const told = stats.get(topic);
      if (told === undefined) return undefined;
      // It was deleted, and its offsets stay until the broker looks for such.
      if (told === 'Absent') continue;
      topics.set(topic, (topics.get(topic) ?? 0) + sumOf(waitingIn(told, places).values()));
      unplacedQueues += told.queues.filter(
        ({ queueId, minOffset, maxOffset }) => maxOffset > minOffset && !places.has(queueId),
      ).length;
    }
  }
  return topics.size === 0 ? undefined : { topics, unplacedQueues };
}

/** @returns undefined: a master did not say */
export function deadLettersOf(group: string, masters: readonly Heard[]): number | undefined {
  let count = 0;
  for (const { stats } of masters) {
    const told = stats.get(deadLetterTopic(group));
    if (told === undefined) return undefined;
    if (told === 'Absent') continue;
    for (const { minOffset, maxOffset } of told.queues) count += maxOffset - minOffset;
  }
  return count;
}

export function totalOf({ topics }: Backlog): number {
  return sumOf(topics.values());
}

function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
