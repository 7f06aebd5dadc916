/** What comes and what is done, over windows. Pure. */
import { at, sumOf } from './history.ts';
import type { Sample } from './model.ts';
import { COMMIT_PERIOD_MS, MEDIUM_MS, QUICK_MS, SLOW_MS, UNSEEN_COMMITS } from './tuning.ts';

const SECOND_MS = 1_000;

export interface Rates {
  /** Messages a second that come: over 5, 30 and 60 s. */
  readonly quick: number;
  readonly medium: number;
  readonly slow: number;
  /** Messages a second that are done, over 30 s. */
  readonly consumed: number;
  /** By queue: part of what comes, over 60 s. They add up to 1. */
  readonly shares: readonly number[];
  /** By queue: messages a second that are done, over 30 s. */
  readonly consumedByQueue: readonly number[];
  /** By queue: messages that wait, without those that are done and not committed yet. */
  readonly waiting: readonly number[];
  /** Messages that wait, as offsets have it. */
  readonly lag: number;
}

/** @returns undefined: two observations make a rate, and there are fewer */
export function ratesOf(samples: readonly Sample[]): Rates | undefined {
  const last = samples.at(-1);
  const first = samples[0];
  if (last === undefined || first === undefined || first === last) return undefined;
  const medium = before(samples, MEDIUM_MS) ?? first;
  const slow = before(samples, SLOW_MS) ?? first;
  const consumedByQueue = perSecond(medium, last, 'read');
  return {
    quick: sumOf(perSecond(before(samples, QUICK_MS) ?? first, last, 'newest')),
    medium: sumOf(perSecond(medium, last, 'newest')),
    slow: sumOf(perSecond(slow, last, 'newest')),
    consumed: sumOf(consumedByQueue),
    shares: sharesOf(last, perSecond(slow, last, 'newest')),
    consumedByQueue,
    waiting: waitingOf(last, consumedByQueue),
    lag: sumOf(last.lag),
  };
}

/** Of messages of which so many are expected: of few, chance brings many more. */
export function moreThanChance(expected: number): number {
  return expected + 3 * Math.sqrt(expected) + 3;
}

/** The newest sample that is at least so old. */
export function before(samples: readonly Sample[], ageMs: number): Sample | undefined {
  const last = samples.at(-1);
  if (last === undefined) return undefined;
  return samples.findLast(({ atMs }) => last.atMs - atMs >= ageMs);
}

/** By queue. */
export function perSecond(from: Sample, to: Sample, what: 'newest' | 'read'): readonly number[] {
  const seconds = (to.atMs - from.atMs) / SECOND_MS;
  return to[what].map((value, index) => (value - at(from[what], index)) / seconds);
}

/** Clients commit every five seconds: what was done since looks like lag. */
function waitingOf({ lag }: Sample, consumedByQueue: readonly number[]): readonly number[] {
  const unseenSeconds = (UNSEEN_COMMITS * COMMIT_PERIOD_MS) / SECOND_MS;
  return lag.map((messages, index) => Math.max(0, messages - unseenSeconds * at(consumedByQueue, index)));
}

/** Half way to what would be fair within the topic, for chance is large in a minute; but not where a queue has twice as much. */
function sharesOf({ layout }: Sample, arrivals: readonly number[]): readonly number[] {
  const all = sumOf(arrivals);
  const { queues, topics } = layout;
  if (all <= 0) return queues.map(() => 1 / queues.length);
  return topics.flatMap(({ first, count }) => {
    const ofTopic = arrivals.slice(first, first + count);
    const fair = sumOf(ofTopic) / count;
    return ofTopic.map((rate) => (rate > 2 * fair ? rate : (rate + fair) / 2) / all);
  });
}
