/**
 * A bottleneck that all replicas share, as a database that they all wait for. Whether they are slow or what they wait for is shows
 * in what more of them bring: nothing, if it is the latter. Pure.
 */
import { hasOwners, mostQueues } from './allocation.ts';
import type { Cap, Layout, ScalingSettings, Trial } from './model.ts';
import {
  CAP_MS,
  CUT,
  IDLE_RATE,
  LEAST_GAIN,
  LONGEST_CAP_MS,
  RECOVERED_RATE,
  SUM_STAYS,
  TRIAL_GROWTH,
} from './tuning.ts';

/** A trial that has no end by then, as when pods do not come, says nothing. */
const FORGET_TRIAL_MS = 300_000;
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
  /** Of a replica, as far as it is trusted. */
  readonly serviceRate: number | undefined;
  readonly cap: Cap | undefined;
  readonly trial: Trial | undefined;
}

export interface Bottleneck {
  readonly cap: Cap | undefined;
  readonly trial: Trial | undefined;
  /** What the service rate is after all: not the replicas were slow. */
  readonly serviceRate?: number;
}

export const isActive = (cap: Cap | undefined, nowMs: number): cap is Cap =>
  cap !== undefined && nowMs < cap.untilAtMs;

/** @param stepped undefined: replicas are as many as before */
export function startTrial(
  input: BottleneckInput,
  stepped: { readonly from: number; readonly to: number } | undefined,
  trustedRate: number | undefined,
): Trial | undefined {
  const { trial, nowMs, consumers, saturated, consumeRate } = input;
  if (stepped === undefined) return trial;
  if (trial?.kind === 'Cut' && stepped.to === trial.to) return { ...trial, atMs: nowMs };
  if (trial?.kind === 'Settled') return trial;
  if (stepped.to < stepped.from) return undefined;
  if (trial?.kind === 'Raise') return { ...trial, atMs: nowMs, to: stepped.to };
  const isClear = saturated === true && consumers === stepped.from && trustedRate !== undefined;
  if (!isClear || stepped.to < TRIAL_GROWTH * stepped.from) return undefined;
  return {
    kind: 'Raise',
    atMs: nowMs,
    from: stepped.from,
    to: stepped.to,
    consumeRate,
    serviceRate: trustedRate,
  };
}

export function judge(input: BottleneckInput): Bottleneck {
  const { cap, trial, nowMs, saturated, consumers, consumeRate, serviceRate } = input;
  const active = isActive(cap, nowMs);
  if (!active && trial !== undefined && trial.kind !== 'Raise') return { cap, trial: undefined };
  if (saturated === true && active && serviceRate !== undefined) {
    const isRecovered = consumeRate / consumers > RECOVERED_RATE * serviceRate;
    if (isRecovered && trial?.kind !== 'Cut') return { cap: { ...cap, untilAtMs: nowMs }, trial: undefined };
  }
  if (trial === undefined || trial.kind === 'Settled') return { cap, trial };
  if (nowMs - trial.atMs > FORGET_TRIAL_MS) return { cap, trial: undefined };
  if (consumers !== trial.to || saturated === undefined) return { cap, trial };
  if (!saturated) return { cap, trial: undefined };
  if (trial.kind === 'Cut') return judgeCut(trial, consumeRate, cap);
  if (gainOf(input, trial) >= LEAST_GAIN) return { cap, trial: undefined };
  return { cap: nextCap(cap, trial.from, nowMs), trial: undefined, serviceRate: trial.serviceRate };
}

/** Of a cut that would show whether fewer do as much. Only under a cap: slow replicas would be missed. */
export function nextCut(input: BottleneckInput, counts: readonly number[]): Trial | undefined {
  const { cap, trial, nowMs, saturated, replicas, consumers, consumeRate, serviceRate } = input;
  if (!isActive(cap, nowMs) || trial !== undefined || saturated !== true || serviceRate === undefined)
    return undefined;
  if (replicas !== consumers || consumeRate / consumers >= IDLE_RATE * serviceRate) return undefined;
  const to = counts.findLast((count) => count <= Math.max(1, Math.floor(replicas * CUT)));
  if (to === undefined || to >= replicas) return undefined;
  return { kind: 'Cut', atMs: nowMs, from: replicas, to, consumeRate, serviceRate };
}

function judgeCut(trial: Trial, consumeRate: number, cap: Cap | undefined): Bottleneck {
  if (cap === undefined) return { cap, trial: undefined };
  if (consumeRate >= SUM_STAYS * trial.consumeRate)
    return { cap: { ...cap, replicas: trial.to }, trial: undefined };
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
