/** What was observed lately, as long as it is of the same queues and without a break. Pure. */
import { compareText } from '../compare-text.ts';
import type {
  LaidQueue,
  LaidTopic,
  Layout,
  ObservedQueue,
  QueueName,
  Sample,
  ScalingSettings,
} from './model.ts';
import { MISSED_POLLS, REMEMBERED_MS } from './tuning.ts';

const SECOND_MS = 1_000;
const SHORTEST_POLL_MS = 2_000;
const LONGEST_POLL_MS = 15_000;

/** A fifteenth of the SLO, from 2 to 15 s. */
export function pollPeriodMs({ sloSeconds }: Pick<ScalingSettings, 'sloSeconds'>): number {
  return Math.min(LONGEST_POLL_MS, Math.max(SHORTEST_POLL_MS, (sloSeconds * SECOND_MS) / 15));
}

export interface History {
  /** At least that of now. */
  readonly samples: readonly [Sample, ...Sample[]];
  /** Of which an offset went back: a reset, or a topic made anew. */
  readonly moved?: QueueName;
}

/** A break, or other queues, begins a new history: rates over either would be made up. */
export function remember(
  before: readonly Sample[],
  observed: readonly ObservedQueue[],
  atMs: number,
  settings: ScalingSettings,
): History {
  const last = before.at(-1);
  const isKnown = last !== undefined && isSame(last.layout, observed);
  const sorted = isKnown ? observed : observed.toSorted(inClientOrder);
  const layout = last !== undefined && isSame(last.layout, sorted) ? last.layout : layoutOf(sorted);
  const continues =
    last !== undefined &&
    last.layout === layout &&
    atMs > last.atMs &&
    atMs - last.atMs <= MISSED_POLLS * pollPeriodMs(settings);
  const sample = sampleOf(layout, sorted, atMs, settings, continues ? last : undefined);
  if (!continues) return { samples: [sample] };
  const moved = layout.queues.find(
    (_queue, index) =>
      at(sample.newest, index) < at(last.newest, index) || at(sample.read, index) < at(last.read, index),
  );
  if (moved !== undefined) return { samples: [sample], moved: nameOf(moved) };
  const kept = before.slice(before.findIndex((each) => atMs - each.atMs <= REMEMBERED_MS));
  return { samples: [kept[0] ?? last, ...kept.slice(1), sample] };
}

export const at = (values: readonly number[], index: number): number => values[index] ?? 0;

export function sumOf(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

export const nameOf = ({ broker, topic, queueId }: QueueName): QueueName => ({ broker, topic, queueId });

function sampleOf(
  layout: Layout,
  sorted: readonly ObservedQueue[],
  atMs: number,
  { initialPosition }: ScalingSettings,
  last: Sample | undefined,
): Sample {
  const lag = sorted.map(({ committedOffset, oldestOffset, newestOffset }) => {
    if (committedOffset === undefined) return initialPosition === 'First' ? newestOffset - oldestOffset : 0;
    // What was deleted before it was read waits for nobody any more.
    return Math.max(0, newestOffset - Math.max(committedOffset, oldestOffset));
  });
  const read = sorted.map(({ committedOffset }) => committedOffset ?? -1);
  const movedAtMs = read.map((offset, index) => {
    const hasMoved = last === undefined || offset !== at(last.read, index) || at(lag, index) === 0;
    return hasMoved ? atMs : at(last.movedAtMs, index);
  });
  return { atMs, layout, newest: sorted.map(({ newestOffset }) => newestOffset), read, lag, movedAtMs };
}

function isSame({ queues }: Layout, sorted: readonly ObservedQueue[]): boolean {
  return (
    queues.length === sorted.length &&
    queues.every((queue, index) => {
      const other = sorted[index];
      return (
        other !== undefined &&
        queue.queueId === other.queueId &&
        queue.broker === other.broker &&
        queue.topic === other.topic &&
        queue.placed === (other.committedOffset !== undefined)
      );
    })
  );
}

function layoutOf(sorted: readonly ObservedQueue[]): Layout {
  const queues: LaidQueue[] = [];
  const topics: LaidTopic[] = [];
  for (const { broker, topic, queueId, retry, committedOffset } of sorted) {
    const last = topics.at(-1);
    if (queues.at(-1)?.topic === topic && last !== undefined) {
      topics[topics.length - 1] = { ...last, count: last.count + 1 };
    } else topics.push({ first: queues.length, count: 1, retry });
    queues.push({ broker, topic, queueId, placed: committedOffset !== undefined });
  }
  return { queues, topics };
}

/** By code units, as String.compareTo. */
function inClientOrder(a: QueueName, b: QueueName): number {
  return compareText(a.topic, b.topic) || compareText(a.broker, b.broker) || a.queueId - b.queueId;
}
