/** From an observation to what rules look at. Pure. */
import { hasOwners, queueBound, usefulCounts } from './allocation.ts';
import { pollPeriodMs, remember, sumOf } from './history.ts';
import { believedRate, learn } from './learn.ts';
import type { Learned, Memory, Observation, ObservedQueue, ScalingSettings, Step } from './model.ts';
import { moreThanChance, ratesOf, type Rates } from './rates.ts';
import { sizesOf, type SizeInput } from './size.ts';
import { podsOf } from './start-up.ts';
import { stuckQueues } from './stuck.ts';
import type { Tracked } from './track.ts';
import { BOUND_KEPT_MS, FLAP_MS, IGNORED_AFTER_MOVE_MS, SHRINK } from './tuning.ts';
import type { Known, View } from './view.ts';

const SECOND_MS = 1_000;
const PEAK_HALVES_MS = 3_600_000;
/** What has come in so long may be under way. */
const WAITING_SECONDS = 2;

export function viewOf(
  { learned, memory, stepped }: Tracked,
  observation: Observation,
  settings: ScalingSettings,
): View {
  const { atMs: nowMs, target, queues } = observation;
  const pods = podsOf(target, memory.waitedFor, learned.startupMs, nowMs);
  const consumers =
    memory.consumers?.count === pods.consumers
      ? memory.consumers
      : { count: pods.consumers, sinceAtMs: nowMs };
  const base: View = {
    settings,
    observation,
    nowMs,
    replicas: target.replicas,
    learned: pods.learnedMs === undefined ? learned : { ...learned, startupMs: pods.learnedMs },
    memory: { ...memory, lastAtMs: nowMs, consumers, waitedFor: pods.waitedFor },
    pods,
    known: undefined,
  };
  return queues.kind === 'Complete' ? withQueues(base, queues.queues, stepped) : withoutQueues(base);
}

/** Lag that is not known is not zero, and what was known before is not now. */
function withoutQueues(view: View): View {
  const { idleSinceAtMs: _, ...learned } = view.learned;
  return { ...view, learned, memory: { ...view.memory, samples: [], enough: [], trial: undefined } };
}

function withQueues(view: View, queues: readonly ObservedQueue[], stepped: Tracked['stepped']): View {
  const { settings, nowMs, memory: before } = view;
  const { samples, moved } = remember(before.samples, queues, nowMs, settings);
  const sample = samples.at(-1) ?? samples[0];
  const begins = samples.length === 1;
  const queuesNow = boundOf(queueBound(sample.layout), before.bound, nowMs);
  const rates = ratesOf(samples);
  const memory: Memory = {
    ...before,
    samples,
    lastCompleteAtMs: nowMs,
    bound: queuesNow,
    enough: begins ? [] : before.enough,
    trial: begins ? undefined : before.trial,
    peak: peakOf(before.peak, rates, nowMs),
    ...(moved === undefined ? {} : { moved, ignoredUntilAtMs: nowMs + IGNORED_AFTER_MOVE_MS }),
  };
  const bound = Math.max(1, settings.minReplicas, boundFor(settings, queuesNow.replicas));
  const counts = usefulCounts(settings.groupType, sample.layout, bound);
  const stuck = stuckQueues(samples);
  const told: View = { ...view, memory, learned: withIdle(view, rates, begins && before.samples.length > 0) };
  const base = { sample, bound, counts, stuck };
  if (rates === undefined)
    return { ...told, known: { ...base, rates, serviceRate: undefined, sized: undefined } };
  const taught = learn(told, { sample, rates, counts }, stepped);
  const serviceRate = serviceRateOf(taught);
  const input = serviceRate === undefined ? undefined : sizeInput(taught, { ...base, rates, serviceRate });
  const sized = input === undefined ? undefined : { input, sizes: sizesOf(input) };
  const known: Known = { ...base, rates, serviceRate, sized };
  return { ...taught, known, memory: { ...taught.memory, enough: withEnough(taught, known) } };
}

/** Measured, or as a person said. */
function serviceRateOf(view: View): number | undefined {
  return believedRate(view) ?? view.settings.serviceRateHint;
}

function sizeInput(
  { settings, observation, pods }: View,
  {
    sample,
    bound,
    stuck,
    rates,
    serviceRate,
  }: Pick<Known, 'sample' | 'bound' | 'stuck'> & { readonly rates: Rates; readonly serviceRate: number },
): SizeInput {
  return {
    settings,
    layout: sample.layout,
    rates,
    waiting: rates.waiting.map((messages, index) => (stuck.flags[index] === true ? 0 : messages)),
    inFlight: observation.inFlight ?? 0,
    serviceRate,
    consumers: pods.consumers,
    reactionMs: pods.startupMs + pollPeriodMs(settings),
    bound,
  };
}

/** The queues of a broker that is away are not readable, and come back. */
function boundOf(queues: number, before: Step | undefined, atMs: number): Step {
  if (before === undefined || queues >= before.replicas || atMs - before.atMs > BOUND_KEPT_MS)
    return { replicas: queues, atMs };
  return before;
}

function boundFor({ groupType, maxReplicas }: ScalingSettings, queues: number): number {
  return groupType === 'Pop' ? maxReplicas : Math.min(maxReplicas, queues);
}

function peakOf(before: Memory['peak'], rates: Rates | undefined, atMs: number): Memory['peak'] {
  const faded = before === undefined ? 0 : before.rate * 0.5 ** ((atMs - before.atMs) / PEAK_HALVES_MS);
  if (rates === undefined) return before;
  return { rate: Math.max(rates.slow, faded), atMs };
}

/** Of gRPC groups what is delivered comes back if nobody acknowledges it: unless its number is known, they are not idle. */
function withIdle(
  { settings, learned, observation, nowMs }: View,
  rates: Rates | undefined,
  isBroken: boolean,
): Learned {
  const { idleSinceAtMs, ...rest } = learned;
  const inFlight = observation.inFlight ?? (hasOwners(settings.groupType) ? 0 : undefined);
  if (rates === undefined) return isBroken ? rest : learned;
  if (rates.lag > 0 || rates.slow > 0 || inFlight !== 0) return rest;
  return { ...rest, idleSinceAtMs: idleSinceAtMs ?? nowMs };
}

/** Of the down window. */
function withEnough({ settings, nowMs, memory, replicas, learned }: View, known: Known): readonly Step[] {
  const { sized, rates, counts, serviceRate } = known;
  if (rates === undefined) return memory.enough;
  const isFlapping =
    settings.groupType === 'Orderly' &&
    memory.flappedAtMs !== undefined &&
    nowMs - memory.flappedAtMs < FLAP_MS;
  const windowMs = settings.downWindowSeconds * SECOND_MS * (isFlapping ? 2 : 1);
  const kept = memory.enough.filter((step) => nowMs - step.atMs <= windowMs);
  // Where the rate is not known, or believed without having been seen, a third may go while nothing waits.
  const isTrying = serviceRate !== learned.serviceRate?.perReplica && learned.serviceRate !== undefined;
  if (sized !== undefined && !isTrying) return [...kept, { atMs: nowMs, replicas: sized.sizes.down }];
  const nothingWaits = sumOf(rates.waiting) <= moreThanChance(WAITING_SECONDS * rates.quick);
  const shrunk = counts.findLast((count) => count <= replicas * SHRINK) ?? 1;
  return [
    ...kept,
    { atMs: nowMs, replicas: nothingWaits ? Math.max(shrunk, sized?.sizes.down ?? 1) : replicas },
  ];
}
