/** How clients divide queues among themselves, and what that makes of the busiest of them. Pure. */
import { at } from './history.ts';
import type { GroupType, LaidTopic, Layout } from './model.ts';

/** Whether each queue has one owner, so that the busiest one decides. */
export const hasOwners = (groupType: GroupType): boolean => groupType === 'Queue' || groupType === 'Orderly';

/**
 * Index of the client that is given a queue: `AllocateMessageQueueAveragely`, which every remoting client uses unless told
 * otherwise, gives contiguous blocks, the larger ones first, in each topic anew.
 */
export function ownerOf(index: number, count: number, clients: number): number {
  const base = Math.floor(count / clients);
  const larger = count % clients;
  const inLarger = larger * (base + 1);
  return index < inLarger ? Math.floor(index / (base + 1)) : larger + Math.floor((index - inLarger) / base);
}

/** Of each client, the sum of a value of its queues. */
export function byOwner(values: readonly number[], { topics }: Layout, clients: number): number[] {
  const sums = Array.from({ length: clients }, () => 0);
  for (const { first, count } of topics) {
    for (let index = 0; index < count; index += 1) {
      const owner = ownerOf(index, count, clients);
      sums[owner] = at(sums, owner) + at(values, first + index);
    }
  }
  return sums;
}

/** Of the busiest client. */
export function busiest(values: readonly number[], layout: Layout, clients: number): number {
  let most = 0;
  for (const sum of byOwner(values, layout, clients)) most = Math.max(most, sum);
  return most;
}

/** Queues of the busiest topic: more clients than that have nothing to read. Retry topics, of a queue a broker, do not count. */
export function queueBound({ topics }: Layout): number {
  return Math.max(0, ...topics.map(({ count, retry }) => (retry ? 0 : count)));
}

/**
 * Counts of replicas, ascending, each of which leaves the busiest client with less than the one before: with owners those at
 * which ceil(queues / count) changes, over all topics together, since the first client is the busiest in each.
 */
export function usefulCounts(groupType: GroupType, { topics }: Layout, bound: number): readonly number[] {
  const all = Array.from({ length: Math.max(1, bound) }, (_value, index) => index + 1);
  if (!hasOwners(groupType)) return all;
  return all.filter((count) => count === 1 || mostQueues(topics, count) < mostQueues(topics, count - 1));
}

/** Of the first client, which is the busiest in each topic. */
export function mostQueues(topics: readonly LaidTopic[], clients: number): number {
  let most = 0;
  for (const { count, retry } of topics) if (!retry) most += Math.ceil(count / clients);
  return most;
}
