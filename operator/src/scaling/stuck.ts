/**
 * Queues that do not move although something waits in them. One slow message pins its queue (ConsumeMessageConcurrentlyService
 * commits the smallest unfinished offset), and one that fails stops an ordered queue for ever. More replicas do not help, and a
 * new owner begins at the pinned offset again. Pure.
 */
import { at, nameOf } from './history.ts';
import type { QueueName, Sample } from './model.ts';
import { STUCK_MS } from './tuning.ts';

export interface Stuck {
  /** By queue of the layout. */
  readonly flags: readonly boolean[];
  readonly queues: readonly QueueName[];
  /** Not one queue that has something to do moves: since when. */
  readonly allSinceAtMs: number | undefined;
}

export function stuckQueues(sample: Sample): Stuck {
  const { atMs, lag, movedAtMs, layout } = sample;
  const flags = lag.map((messages, index) => messages > 0 && atMs - at(movedAtMs, index) >= STUCK_MS);
  const queues = layout.queues.filter((_queue, index) => flags[index]).map(nameOf);
  const allStand = queues.length > 0 && lag.every((messages, index) => messages === 0 || flags[index]);
  const since = movedAtMs.filter((_atMs, index) => flags[index]);
  return { flags, queues, allSinceAtMs: allStand ? Math.max(...since) : undefined };
}
