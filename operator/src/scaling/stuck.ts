/**
 * Queues that do not move although something waits in them. One slow message pins its queue (ConsumeMessageConcurrentlyService
 * commits the smallest unfinished offset), and one that fails stops an ordered queue for ever. More replicas do not help, and a
 * new owner begins at the pinned offset again. Pure.
 */
import { at, nameOf } from './history.ts';
import type { QueueName, Sample } from './model.ts';
import { before } from './rates.ts';
import { STUCK_MS } from './tuning.ts';

export interface Stuck {
  /** By queue of the layout. */
  readonly flags: readonly boolean[];
  readonly queues: readonly QueueName[];
  /** Since when nothing moves at all, although something waits. */
  readonly allSinceAtMs: number | undefined;
}

/** @param samples at least one */
export function stuckQueues(samples: readonly [Sample, ...Sample[]]): Stuck {
  const { atMs, lag, read, movedAtMs, layout } = samples.at(-1) ?? samples[0];
  const flags = lag.map((messages, index) => messages > 0 && atMs - at(movedAtMs, index) >= STUCK_MS);
  const queues = layout.queues.filter((_queue, index) => flags[index]).map(nameOf);
  const earlier = before(samples, STUCK_MS);
  const nothingMoves =
    earlier !== undefined && read.every((offset, index) => offset === at(earlier.read, index));
  const since = movedAtMs.filter((_atMs, index) => flags[index]);
  return { flags, queues, allSinceAtMs: queues.length > 0 && nothingMoves ? Math.max(...since) : undefined };
}
