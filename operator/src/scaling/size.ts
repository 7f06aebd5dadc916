/** How many replicas are enough. Pure. */
import { busiest, byOwner, hasOwners, usefulCounts } from './allocation.ts';
import { at, sumOf } from './history.ts';
import type { Layout, ScalingSettings } from './model.ts';
import type { Rates } from './rates.ts';
import { DOWN_UTILISATION, KEEPING_WAIT, UP_UTILISATION, URGENT_WAIT } from './tuning.ts';

const SECOND_MS = 1_000;

export interface SizeInput {
  readonly settings: ScalingSettings;
  readonly layout: Layout;
  readonly rates: Rates;
  /** By queue: messages that wait and that replicas could do something about. */
  readonly waiting: readonly number[];
  /** Delivered to gRPC clients, and not done. */
  readonly inFlight: number;
  /** Messages a second that a replica handles. */
  readonly serviceRate: number;
  readonly consumers: number;
  /** Until a replica that is asked for now reads. */
  readonly reactionMs: number;
  readonly bound: number;
}

export interface Sizes {
  readonly predictedWaitMs: number;
  readonly urgentWaitMs: number;
  readonly isUrgent: boolean;
  /** Carry what comes for a minute already. */
  readonly sustained: Fit;
  /** Carry what comes now, and work the backlog off in time. */
  readonly urgent: Fit;
  /** Are enough even with more room. */
  readonly down: number;
}

export interface Fit {
  readonly replicas: number;
  /** Whether they suffice; otherwise no count does, and this is the smallest of those that come closest. */
  readonly fits: boolean;
}

export function sizesOf(input: SizeInput): Sizes {
  const { settings, rates, waiting, serviceRate } = input;
  const counts = usefulCounts(settings.groupType, input.layout, input.bound);
  const ofRate = (rate: number) => rates.shares.map((share) => share * rate);
  const smallest = (loads: readonly number[], extra: number, capacity: number) =>
    fit(input, counts, loads, extra, capacity);
  const quick = ofRate(rates.quick);
  const urgent = smallest(
    waiting.map((messages, index) => at(quick, index) + messages / settings.drainSeconds),
    input.inFlight / settings.drainSeconds,
    serviceRate,
  );
  const predictedWaitMs = predictedWait(input);
  const sloMs = settings.sloSeconds * SECOND_MS;
  const sustained = smallest(ofRate(Math.min(rates.medium, rates.slow)), 0, UP_UTILISATION * serviceRate);
  const down = smallest(ofRate(Math.max(rates.medium, rates.slow)), 0, DOWN_UTILISATION * serviceRate);
  return {
    predictedWaitMs,
    urgentWaitMs: URGENT_WAIT * sloMs,
    isUrgent: predictedWaitMs > URGENT_WAIT * sloMs,
    sustained,
    urgent,
    down: Math.max(down.replicas, predictedWaitMs > KEEPING_WAIT * sloMs ? urgent.replicas : 0),
  };
}

/** Of the last message in the busiest queue, at the time at which replicas that are asked for now begin to read. */
function predictedWait(input: SizeInput): number {
  const { settings, layout, rates, waiting, inFlight, serviceRate, consumers, reactionMs } = input;
  if (consumers === 0) return sumOf(waiting) + inFlight > 0 || rates.quick > 0 ? Infinity : 0;
  const [backlog, share] = hasOwners(settings.groupType)
    ? [busiest(waiting, layout, consumers), busiest(rates.shares, layout, consumers)]
    : [(sumOf(waiting) + inFlight) / consumers, 1 / consumers];
  const capacity = serviceRate / share;
  const growth = Math.max(0, rates.quick - capacity) / capacity;
  return (backlog / serviceRate) * SECOND_MS + growth * reactionMs;
}

function fit(
  { settings, layout }: SizeInput,
  counts: readonly number[],
  loads: readonly number[],
  extra: number,
  capacity: number,
): Fit {
  const shared = !hasOwners(settings.groupType);
  const retries = retriesOf(loads, layout);
  const all = sumOf(loads) + extra;
  const own = shared ? loads : loads.map((load, index) => (retries.flags[index] === true ? 0 : load));
  const least = shared ? 1 : Math.min(retries.queues, Math.ceil(retries.load / capacity));
  let best = { replicas: 1, load: Infinity };
  for (const replicas of counts) {
    const load = shared ? all / replicas : busiest(own, layout, replicas);
    if (load <= capacity && replicas >= least) return { replicas, fits: true };
    if (load < best.load) best = { replicas, load };
  }
  return { replicas: Math.max(best.replicas, least), fits: false };
}

/** Retry topics have a queue a broker: what waits there is worth no more replicas than that. */
function retriesOf(loads: readonly number[], { topics }: Layout) {
  const flags = loads.map(() => false);
  let [load, queues] = [0, 0];
  for (const { first, count, retry } of topics) {
    if (!retry) continue;
    queues += count;
    flags.fill(true, first, first + count);
    load += sumOf(loads.slice(first, first + count));
  }
  return { flags, load, queues };
}

/** The queue that alone is more than a replica can do; undefined: none is. */
export function hotQueue({
  settings,
  rates,
  serviceRate,
  layout,
}: SizeInput): { readonly index: number; readonly load: number } | undefined {
  if (!hasOwners(settings.groupType)) return undefined;
  const loads = rates.shares.map((share) => share * Math.min(rates.medium, rates.slow));
  const load = Math.max(0, ...loads);
  const isShared = loads.length > 1 && layout.queues.length > 1;
  return isShared && load > serviceRate ? { index: loads.indexOf(load), load } : undefined;
}

/** Of the busiest consumer: messages a second that it is to handle. */
export function busiestLoad({ settings, rates, layout, consumers }: SizeInput): number {
  if (consumers === 0) return 0;
  if (!hasOwners(settings.groupType)) return rates.medium / consumers;
  return Math.max(0, ...byOwner(rates.shares, layout, consumers)) * rates.medium;
}
