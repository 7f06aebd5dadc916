/** Everything that the rules of decide.ts look at, worked out once. Pure. */
import { queueBound, usefulCounts } from './allocation.ts';
import { capOf, judge, nextCut, startTrial, type BottleneckInput } from './bottleneck.ts';
import { remember, pollPeriodMs } from './history.ts';
import type { Learned, Memory, Observation, ObservedQueue, Sample, ScalingSettings, Step } from './model.ts';
import { ratesOf, type Rates } from './rates.ts';
import { learnServiceRate, workOf, type ServiceRateInput } from './service-rate.ts';
import { sizesOf, type SizeInput, type Sizes } from './size.ts';
import { podsOf, type Pods } from './start-up.ts';
import { stuckQueues, type Stuck } from './stuck.ts';
import type { Tracked } from './track.ts';
import { BOUND_KEPT_MS,
  FLAP_MS,
  IGNORED_AFTER_MOVE_MS,
  JUMP,
  RECOVERED_RATE,
  SHRINK,
  TRY_AGAIN_MS,
  WATCH_MS,
 } from './tuning.ts';

const SECOND_MS = 1_000;
const PEAK_HALVES_MS = 3_600_000;

/** What is known whatever the queues are. */
export interface View {
  readonly settings: ScalingSettings;
  readonly observation: Observation;
  readonly nowMs: number;
  /** Of the target. */
  readonly replicas: number;
  readonly learned: Learned;
  readonly memory: Memory;
  readonly pods: Pods;
  /** Undefined: somebody did not answer. */
  readonly known: Known | undefined;
}

/** What complete observations tell. */
export interface Known {
  readonly sample: Sample;
  readonly bound: number;
  readonly counts: readonly number[];
  readonly stuck: Stuck;
  /** Undefined: there is but one observation. */
  readonly rates: Rates | undefined;
  readonly serviceRate: number | undefined;
  /** Undefined: rates or the service rate are unknown. */
  readonly sized: { readonly input: SizeInput; readonly sizes: Sizes } | undefined;
}

export function viewOf({ learned, memory, stepped }: Tracked, observation: Observation, settings: ScalingSettings): View {
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
  const { settings, nowMs, memory: before, pods, observation } = view;
  const { samples, moved } = remember(before.samples, queues, nowMs, settings);
  const sample = samples.at(-1) ?? samples[0];
  const begins = samples.length === 1;
  const bound = boundOf(queueBound(sample.layout), before.bound, nowMs);
  const rates = ratesOf(samples);
  const memory: Memory = {
    ...before,
    samples,
    lastCompleteAtMs: nowMs,
    bound,
    enough: begins ? [] : before.enough,
    trial: begins ? undefined : before.trial,
    peak: peakOf(before.peak, rates, nowMs),
    ...(moved === undefined ? {} : { moved, ignoredUntilAtMs: nowMs + IGNORED_AFTER_MOVE_MS }),
  };
  const limit = Math.max(1, settings.minReplicas, boundFor(settings, bound.replicas));
  const counts = usefulCounts(settings.groupType, sample.layout, limit);
  const stuck = stuckQueues(samples);
  const told: View = { ...view, memory, learned: withIdle(view, rates, begins && before.samples.length > 0) };
  const taught = rates === undefined ? told : learn(told, { sample, rates, counts }, stepped);
  const serviceRate =
    believedRate(taught) ?? observation.clientServiceRate ?? settings.serviceRateHint;
  const waiting = rates?.waiting.map((messages, index) => (stuck.flags[index] === true ? 0 : messages));
  const input =
    rates === undefined || waiting === undefined || serviceRate === undefined
      ? undefined
      : {
          settings,
          layout: sample.layout,
          rates,
          waiting,
          inFlight: observation.inFlight ?? 0,
          serviceRate,
          consumers: pods.consumers,
          reactionMs: pods.startupMs + pollPeriodMs(settings),
          bound: limit,
        };
  const sized = input === undefined ? undefined : { input, sizes: sizesOf(input) };
  const known: Known = { sample, bound: limit, counts, stuck, rates, serviceRate, sized };
  const enough = withEnough(taught, known);
  return { ...taught, memory: { ...taught.memory, enough }, known };
}

/** What the last observations say of the replicas themselves. */
function learn(
  view: View,
  { sample, rates, counts }: { readonly sample: Sample; readonly rates: Rates; readonly counts: readonly number[] },
  stepped: Tracked['stepped'],
): View {
  const { settings, nowMs, memory, learned, pods, observation, replicas } = view;
  const { consumers } = memory;
  const watched: ServiceRateInput = { samples: memory.samples, consumers, settings, nowMs };
  const work = workOf(watched, WATCH_MS);
  const input: BottleneckInput = {
    settings,
    layout: sample.layout,
    nowMs,
    replicas,
    consumers: pods.consumers,
    saturated: work === undefined ? undefined : work.saturated.length * 2 >= saturable(settings, pods),
    consumeRate: rates.consumed,
    serviceRate: learned.serviceRate?.perReplica,
    fell: memory.fell,
    cap: learned.cap,
    trial: memory.trial,
  };
  const verdict = judge({ ...input, trial: startTrial(input, stepped) });
  const restored = restoredRate(learned, verdict.serviceRate);
  const { target } = observation;
  const isUniform = target.rollout === 'Settled' && target.pods.every((pod) => pod.templateHash === target.templateHash);
  const taught = learnServiceRate(
    watched,
    { learned: restored, sampledAtMs: memory.sampledAtMs, farOff: memory.farOff },
    isUniform ? target.templateHash : undefined,
    capOf(verdict.cap, nowMs) === Infinity,
  );
  const fell = fallOf(memory.fell, restored, taught.learned, nowMs, verdict.isOwn);
  const next = { ...input, ...verdict, fell, serviceRate: taught.learned?.perReplica };
  const { cap: _, ...rest } = learned;
  return {
    ...view,
    learned: {
      ...rest,
      ...(taught.learned === undefined ? {} : { serviceRate: taught.learned }),
      ...(verdict.cap === undefined ? {} : { cap: verdict.cap }),
    },
    memory: {
      ...memory,
      sampledAtMs: taught.sampledAtMs,
      farOff: taught.farOff,
      fell,
      trial: nextCut(next, counts) ?? verdict.trial,
    },
  };
}

/** Clients of queues are looked at one by one; others are all alike. */
function saturable({ groupType }: ScalingSettings, { consumers }: Pods): number {
  return groupType === 'Queue' || groupType === 'Orderly' ? consumers : 1;
}

function restoredRate(learned: Learned, rate: number | undefined): Learned['serviceRate'] {
  const { serviceRate } = learned;
  return serviceRate === undefined || rate === undefined ? serviceRate : { ...serviceRate, perReplica: rate };
}

/** Until it is nearly what it was, or the pods are others. */
function fallOf(
  fell: Memory['fell'],
  before: Learned['serviceRate'],
  now: Learned['serviceRate'],
  atMs: number,
  isOwn: boolean | undefined,
): Memory['fell'] {
  if (before === undefined || now === undefined || before.templateHash !== now.templateHash) return undefined;
  if (now.perReplica < before.perReplica * (1 - JUMP))
    return { isOwn: false, atMs: fell?.atMs ?? atMs, from: Math.max(before.perReplica, fell?.from ?? 0) };
  if (fell === undefined || now.perReplica >= RECOVERED_RATE * fell.from) return undefined;
  return isOwn === true ? { ...fell, isOwn } : fell;
}

/**
 * A rate that is too low is never corrected by itself, since with so many replicas none has enough to do. So what it was before is
 * believed again after a while, until replicas that do have enough to do say otherwise.
 */
function believedRate({ memory: { fell }, learned: { serviceRate }, nowMs }: View): number | undefined {
  if (fell === undefined || serviceRate === undefined) return serviceRate?.perReplica;
  const { measuredAtMs, perReplica } = serviceRate;
  const waitMs = Math.max(TRY_AGAIN_MS, measuredAtMs - fell.atMs);
  return nowMs - measuredAtMs > waitMs ? fell.from : perReplica;
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
  const isPop = settings.groupType === 'Pop' || settings.groupType === 'PopFifo';
  const inFlight = observation.inFlight ?? (isPop ? undefined : 0);
  if (rates === undefined) return isBroken ? rest : learned;
  if (rates.lag > 0 || rates.slow > 0 || inFlight !== 0) return rest;
  return { ...rest, idleSinceAtMs: idleSinceAtMs ?? nowMs };
}

/** Of the down window. */
function withEnough({ settings, nowMs, memory, replicas, learned }: View, known: Known): readonly Step[] {
  const { sized, rates, counts, serviceRate } = known;
  if (rates === undefined) return memory.enough;
  const isFlapping =
    settings.groupType === 'Orderly' && memory.flappedAtMs !== undefined && nowMs - memory.flappedAtMs < FLAP_MS;
  const windowMs = settings.downWindowSeconds * SECOND_MS * (isFlapping ? 2 : 1);
  const kept = memory.enough.filter((step) => nowMs - step.atMs <= windowMs);
  // Where the rate is not known, or believed without having been seen, a third may go while nothing waits.
  const isTrying = serviceRate !== learned.serviceRate?.perReplica && learned.serviceRate !== undefined;
  if (sized !== undefined && !isTrying) return [...kept, { atMs: nowMs, replicas: sized.sizes.down }];
  const nothingWaits = rates.waiting.every((messages) => messages <= rates.quick);
  const shrunk = counts.findLast((count) => count <= replicas * SHRINK) ?? 1;
  return [...kept, { atMs: nowMs, replicas: nothingWaits ? Math.max(shrunk, sized?.sizes.down ?? 1) : replicas }];
}
