import {
  ADMIN_CALLS_IN_FLIGHT,
  forEachLimited,
  readersOn,
  refusalsOf,
  type DeletionGuard,
  type RemovalCalls,
} from '../objects/mod.ts';
import type { BrokerAdmin, CallOptions } from '../rocketmq/mod.ts';
import { groupsInWords } from './groups-in-words.ts';

/** A broker takes along the offsets of all groups in a topic, its index, and its retry topics (rocketmq-wire.md §2.4). */
export const topicRemoval: RemovalCalls = {
  remove: async (broker, names, options) =>
    refusalsOf(names, async (name) => broker.deleteTopic(name, options)),
  objections,
  // POP's retry topics, of both kinds: `%RETRY%group+topic` and, by default, `%RETRY%group_topic` (KeyBuilder).
  isRouteOf: (topic, name) =>
    topic === name ||
    (topic.startsWith('%RETRY%') && (topic.endsWith(`+${name}`) || topic.endsWith(`_${name}`))),
};

async function objections(
  broker: BrokerAdmin,
  guarded: ReadonlyMap<string, readonly DeletionGuard[]>,
  options: CallOptions,
): Promise<ReadonlyMap<string, string>> {
  const guardedBy = (guard: DeletionGuard): readonly string[] =>
    [...guarded].filter(([, guards]) => guards.includes(guard)).map(([name]) => name);
  const asksReaders = guardedBy('onlyIfUnused').length > 0;
  const [readers, counts] = await Promise.all([
    asksReaders ? readersOn(broker, options) : new Map<string, readonly string[]>(),
    messagesOf(broker, guardedBy('onlyIfEmpty'), options),
  ]);
  const found = new Map<string, string>();
  for (const [name, guards] of guarded) {
    const users = guards.includes('onlyIfUnused') ? readers.get(name) : undefined;
    const clauses = [countClause(counts.get(name) ?? 0), userClause(users ?? [])];
    const clause = clauses.filter((each) => each !== undefined).join(', and ');
    if (clause !== '') found.set(name, clause);
  }
  return found;
}

async function messagesOf(
  broker: BrokerAdmin,
  names: readonly string[],
  options: CallOptions,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  await forEachLimited(names, ADMIN_CALLS_IN_FLIGHT, async (name) => {
    const { queues } = await broker.topicStats(name, options);
    counts.set(
      name,
      queues.reduce((sum, { minOffset, maxOffset }) => sum + maxOffset - minOffset, 0),
    );
  });
  return counts;
}

function countClause(count: number): string | undefined {
  return count === 0
    ? undefined
    : `${count} ${count === 1 ? 'message' : 'messages'} of it there (onlyIfEmpty)`;
}

function userClause(groups: readonly string[]): string | undefined {
  return groups.length === 0 ? undefined : `${groupsInWords(groups)} with a place in it (onlyIfUnused)`;
}
