/**
 * A bottleneck that all replicas share, as a database that they all wait for. Whether they are slow or what they wait for is shows
 * in what more of them bring: nothing, if it is the latter. Pure.
 */
import { hasOwners, mostQueues } from './allocation.ts';
import type { Cap, Fall, Layout, ScalingSettings, Trial } from './model.ts';
import {
  CAP_MS,
  CUT,
  IDLE_RATE,
  LEAST_GAIN,
  LONGEST_CAP_MS,
  RECOVERED_RATE,
  SUM_STAYS,
  TRIAL_GROWTH,
  TRIAL_STEP,
} from './tuning.ts';

/** A trial that has no end by then, as when pods do not come, says nothing. */
const FORGET_TRIAL_MS = 300_000;
/** A fall of the service rate explains a step up for so long. */
const FALL_EXPLAINS_MS = 600_000;
/** The next cap holds for twice as long if it comes so soon. */
const AGAIN_MS = 1_800_000;

export interface BottleneckInput {
  readonly settings: ScalingSettings;
  readonly layout: Layout;
  readonly nowMs: number;
  readonly replicas: number;
  readonly consumers: number;
  /** Whether at least half of the replicas never had nothing to do. Undefined: members changed lately. */
  readonly saturated: boolean | undefined;
  /** Messages a second that are done. */
  readonly consumeRate: number;
  /** Of a replica. */
  readonly serviceRate: number | undefined;
  /** What that fell from. */
  readonly fell: Fall | undefined;
  readonly cap: Cap | undefined;
  readonly trial: Trial | undefined;
}

export interface Bottleneck {
  readonly cap: Cap | undefined;
  readonly trial: Trial | undefined;
  /** What the service rate is after all: not the replicas were slow. */
  readonly serviceRate?: number;
  /** Each of them is slow. */
  readonly isOwn?: boolean;
}

export const isActive = (cap: Cap | undefined, nowMs: number): cap is Cap =>
  cap !== undefined && nowMs < cap.untilAtMs;

/** For a while after its end a cap lets no more through than a trial needs. */
export function capOf(cap: Cap | undefined, nowMs: number): number {
  if (cap === undefined || nowMs - cap.untilAtMs > AGAIN_MS) return Infinity;
  return nowMs < cap.untilAtMs ? cap.replicas : Math.ceil(cap.replicas * TRIAL_STEP);
}

/** @param stepped undefined: replicas are as many as before */
export function startTrial(
  input: BottleneckInput,
  stepped: { readonly from: number; readonly to: number } | undefined,
): Trial | undefined {
  const { trial, nowMs, consumers, saturated, consumeRate, fell, serviceRate } = input;
  if (stepped === undefined || trial?.kind === 'Settled') return trial;
  if (trial?.kind === 'Cut') return stepped.to === trial.to ? { ...trial, atMs: nowMs } : undefined;
  if (stepped.to < stepped.from) return undefined;
  if (trial !== undefined) return { ...trial, atMs: nowMs, to: stepped.to };
  const trusted = fell !== undefined && nowMs - fell.atMs < FALL_EXPLAINS_MS ? fell.from : serviceRate;
  const isClear = saturated === true && consumers === stepped.from && trusted !== undefined;
  if (!isClear || stepped.to < TRIAL_GROWTH * stepped.from) return undefined;
  return { kind: 'Raise', atMs: nowMs, ...stepped, consumeRate, serviceRate: trusted };
}

export function judge(input: BottleneckInput): Bottleneck {
  const { cap, trial, nowMs, saturated, consumers } = input;
  const active = isActive(cap, nowMs);
  if (!active && trial?.kind === 'Settled') return { cap, trial: undefined };
  if (active && isRecovered(input)) return { cap: undefined, trial: undefined };
  if (trial === undefined || trial.kind === 'Settled') return { cap, trial };
  if (nowMs - trial.atMs > FORGET_TRIAL_MS) return { cap, trial: undefined };
  if (consumers !== trial.to || saturated === undefined) return { cap, trial };
  if (!saturated) return { cap, trial: undefined };
  if (trial.kind === 'Cut') return judgeCut(input, trial);
  if (gainOf(input, trial) >= LEAST_GAIN) return { cap: undefined, trial: undefined, isOwn: true };
  const next = { cap: nextCap(cap, trial.from, nowMs), serviceRate: trial.serviceRate };
  const isFull = trial.consumeRate / trial.from >= IDLE_RATE * trial.serviceRate;
  return { ...next, trial: isFull ? { ...trial, kind: 'Settled' } : undefined };
}

/**
 * Replicas do nearly what they can. Those that did so before, because they were just as many as the bottleneck lets through,
 * have to get more done than then.
 */
function isRecovered({ saturated, serviceRate, consumeRate, consumers, trial }: BottleneckInput): boolean {
  if (saturated !== true || serviceRate === undefined || trial?.kind === 'Cut') return false;
  const before = trial?.kind === 'Settled' ? trial.consumeRate * (1 + LEAST_GAIN) : 0;
  return consumeRate > before && consumeRate / consumers > RECOVERED_RATE * serviceRate;
}

/**
 * A cut that is to show whether fewer do as much. Only under a cap; or where no more can be tried, and the rate fell without that
 * more of them have shown that each is slow.
 */
export function nextCut(input: BottleneckInput, counts: readonly number[]): Trial | undefined {
  const { cap, trial, nowMs, saturated, replicas, consumers, consumeRate, serviceRate, fell } = input;
  if (trial !== undefined || saturated !== true || replicas !== consumers) return undefined;
  const isDoubtful = replicas >= (counts.at(-1) ?? 0) && fell !== undefined && !fell.isOwn;
  const rate = isActive(cap, nowMs) ? serviceRate : isDoubtful ? fell.from : undefined;
  if (rate === undefined || consumeRate / consumers >= IDLE_RATE * rate) return undefined;
  const to = counts.findLast((count) => count <= Math.max(1, Math.floor(replicas * CUT)));
  if (to === undefined || to >= replicas) return undefined;
  return { kind: 'Cut', atMs: nowMs, from: replicas, to, consumeRate, serviceRate: rate };
}

function judgeCut({ consumeRate, cap, nowMs }: BottleneckInput, trial: Trial): Bottleneck {
  const active = isActive(cap, nowMs);
  const { serviceRate, to } = trial;
  if (consumeRate >= SUM_STAYS * trial.consumeRate) {
    const next = active ? { ...cap, replicas: to } : nextCap(cap, to, nowMs);
    return { cap: next, trial: undefined, serviceRate };
  }
  if (!active) return { cap, trial: undefined, isOwn: true };
  return { cap: { ...cap, replicas: trial.from }, trial: { ...trial, kind: 'Settled' } };
}

/** 1: as much more as there are more replicas; 0: nothing. */
function gainOf({ settings, layout, consumeRate }: BottleneckInput, { from, to, ...trial }: Trial): number {
  const proportion = hasOwners(settings.groupType)
    ? mostQueues(layout.topics, from) / mostQueues(layout.topics, to)
    : to / from;
  if (proportion <= 1) return 1;
  return (consumeRate / trial.consumeRate - 1) / (proportion - 1);
}

function nextCap(before: Cap | undefined, replicas: number, nowMs: number): Cap {
  const isAgain = before !== undefined && nowMs - before.untilAtMs < AGAIN_MS;
  const holdMs = isAgain ? Math.min(LONGEST_CAP_MS, 2 * before.holdMs) : CAP_MS;
  return { replicas, untilAtMs: nowMs + holdMs, holdMs };
}
