import type { BrokerAdmin, CallOptions } from '../rocketmq/mod.ts';
import { answerOf, untilSilent } from './ask.ts';
import { totalOf, waitingIn, type Backlog, type Heard } from './backlog.ts';

/** A master of the cluster, as far as it is known. */
export interface Master {
  readonly broker: BrokerAdmin | undefined;
  readonly heard: Heard;
}

/**
 * Age of the oldest message that waits for each group, in milliseconds; groups of which that is unknown are absent. Only what
 * waits is asked for: the answer costs the broker a read of its log for each queue.
 */
export async function agesOf(
  backlogs: ReadonlyMap<string, Backlog | undefined>,
  masters: readonly Master[],
  options: CallOptions,
): Promise<ReadonlyMap<string, number>> {
  const ages = new Map<string, number>();
  const unknown = new Set<string>();
  for (const [group, backlog] of backlogs) if (backlog !== undefined) ages.set(group, 0);
  const behind = [...backlogs].flatMap(([group, backlog]) =>
    backlog !== undefined && totalOf(backlog) > 0 ? [group] : [],
  );
  await Promise.all(
    masters.map(async (master) => {
      const { broker } = master;
      if (broker === undefined) return;
      const questions = behind.flatMap((group) => questionsOn(master, group));
      const open = new Set(questions);
      await untilSilent(questions, async (question) => {
        const { group, topic, queueIds } = question;
        const told = await answerOf(broker.unreadAges(group, topic, options));
        if (typeof told === 'string') return told !== 'Silent';
        // Queues that are read only still, as when a topic is to have fewer, are not in the answer.
        if (!queueIds.every((queueId) => told.has(queueId))) return true;
        open.delete(question);
        ages.set(group, Math.max(ages.get(group) ?? 0, ...queueIds.map((queueId) => told.get(queueId) ?? 0)));
        return true;
      });
      for (const { group } of open) unknown.add(group);
    }),
  );
  for (const group of unknown) ages.delete(group);
  return ages;
}

interface Question {
  readonly group: string;
  readonly topic: string;
  /** In which the group has a place and something waits: of others the age is made up. */
  readonly queueIds: readonly number[];
}

function questionsOn({ heard: { offsets, stats } }: Master, group: string): readonly Question[] {
  return [...(offsets?.get(group) ?? [])].flatMap(([topic, places]) => {
    const told = stats.get(topic);
    if (told === undefined || told === 'Absent') return [];
    const queueIds = [...waitingIn(told, places)].flatMap(([queueId, count]) => (count > 0 ? [queueId] : []));
    return queueIds.length === 0 ? [] : [{ group, topic, queueIds }];
  });
}
