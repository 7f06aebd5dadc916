/**
 * How many messages a second one replica handles when it has enough to do. Only replicas that had are looked at: what the others
 * did says what came, not what they could do. Pure.
 */
import { byOwner, hasOwners } from './allocation.ts';
import { at, pollPeriodMs, sumOf } from './history.ts';
import type { Learned, Memory, Sample, ScalingSettings } from './model.ts';
import { before, moreThanChance, perSecond } from './rates.ts';
import {
  FIRST_WATCH_MS,
  JUMP,
  MEDIUM_MS,
  NEW_SAMPLE_WEIGHT,
  ORDERLY_SETTLE_MS,
  SETTLE_MS,
  WATCH_MS,
} from './tuning.ts';

const SECOND_MS = 1_000;
/** A queue that is up to date has what came since the last commit was seen; a second more is certain. */
const MARGIN_MS = 1_000;

/** What replicas did in a window. */
export interface Work {
  /** Messages a second of each replica that never had nothing to do. */
  readonly saturated: readonly number[];
  /** Of the fastest replica. */
  readonly fastest: number;
}

export interface ServiceRateInput {
  readonly samples: readonly Sample[];
  readonly consumers: Memory['consumers'];
  readonly settings: ScalingSettings;
  readonly nowMs: number;
}

/** @returns undefined: members changed, or were not watched for long enough */
export function workOf(input: ServiceRateInput, windowMs: number): Work | undefined {
  const { samples, consumers, settings, nowMs } = input;
  const last = samples.at(-1);
  const first = before(samples, windowMs);
  if (last === undefined || first === undefined || consumers === undefined || consumers.count === 0)
    return undefined;
  if (nowMs - consumers.sinceAtMs < settleMs(settings) + windowMs) return undefined;
  const window = samples.slice(samples.indexOf(first));
  const rates = perSecond(first, last, 'read');
  // The commit of a queue that was stuck comes all at once and is nobody's work.
  const isSteady = rates.map((_rate, index) =>
    window.every(({ atMs, movedAtMs }) => atMs - at(movedAtMs, index) < WATCH_MS / 2),
  );
  const marginSeconds = (pollPeriodMs(settings) + MARGIN_MS) / SECOND_MS;
  if (!hasOwners(settings.groupType)) {
    const rate = sumOf(rates) / consumers.count;
    const least = moreThanChance(marginSeconds * sumOf(rates));
    const waits = window.every(({ lag }) => sumOf(lag) > least);
    const usable = isSteady.every(Boolean);
    return { saturated: waits && usable ? [rate] : [], fastest: usable ? rate : 0 };
  }
  const idle = rates.map((rate, index) => rate === 0 && window.every(({ lag }) => at(lag, index) === 0));
  const isBusy = rates.map((rate, index) => {
    const least = moreThanChance(marginSeconds * rate);
    return rate > 0 && window.every(({ lag }) => at(lag, index) > least);
  });
  const count = (flags: readonly boolean[]) =>
    byOwner(
      flags.map((flag) => (flag ? 1 : 0)),
      last.layout,
      consumers.count,
    );
  const [unsteady, unbusy, active] = [
    count(isSteady.map((steady, index) => !steady && !idle[index])),
    count(isBusy.map((busy, index) => !busy && !idle[index])),
    count(idle.map((each) => !each)),
  ];
  const byClient = byOwner(rates, last.layout, consumers.count);
  return {
    saturated: byClient.filter(
      (_rate, client) => at(unbusy, client) === 0 && at(unsteady, client) === 0 && at(active, client) > 0,
    ),
    fastest: Math.max(0, ...byClient.filter((_rate, client) => at(unsteady, client) === 0)),
  };
}

export function settleMs({ groupType }: Pick<ScalingSettings, 'groupType'>): number {
  return groupType === 'Orderly' ? ORDERLY_SETTLE_MS : SETTLE_MS;
}

export interface ServiceRate {
  readonly learned: Learned['serviceRate'];
  readonly sampledAtMs: number | undefined;
  readonly farOff: number | undefined;
}

/**
 * @param mayFall false while a bottleneck that replicas share explains it
 * @param templateHash undefined while pods of more than one template are there: then nothing is learned
 */
export function learnServiceRate(
  input: ServiceRateInput,
  { learned, sampledAtMs, farOff }: ServiceRate,
  templateHash: string | undefined,
  mayFall: boolean,
): ServiceRate {
  const same: ServiceRate = { learned, sampledAtMs, farOff };
  if (templateHash === undefined) return same;
  const isFirst = learned === undefined || learned.templateHash !== templateHash;
  const windowMs = isFirst ? FIRST_WATCH_MS : WATCH_MS;
  const { nowMs } = input;
  if (sampledAtMs !== undefined && nowMs - sampledAtMs < windowMs / 2) return same;
  const made = (perReplica: number, samples: number): ServiceRate => ({
    learned: { perReplica, samples, templateHash, measuredAtMs: nowMs },
    sampledAtMs: nowMs,
    farOff: undefined,
  });
  const sample = median(workOf(input, windowMs)?.saturated ?? []);
  if (sample === undefined) return raised(input, same, templateHash);
  if (isFirst) return made(sample, 1);
  const off = sample / learned.perReplica - 1;
  if (off < 0 && !mayFall) return { ...same, farOff: undefined };
  if (Math.abs(off) <= JUMP)
    return made(learned.perReplica * (1 + NEW_SAMPLE_WEIGHT * off), learned.samples + 1);
  const isSecond = farOff !== undefined && Math.sign(farOff) === Math.sign(off);
  return isSecond ? made(sample, learned.samples + 1) : { learned, sampledAtMs: nowMs, farOff: off };
}

/** Who was faster than he could be says that he can be. */
function raised(input: ServiceRateInput, same: ServiceRate, templateHash: string): ServiceRate {
  const { learned } = same;
  if (learned === undefined || learned.templateHash !== templateHash) return same;
  const fastest = workOf(input, MEDIUM_MS)?.fastest ?? 0;
  if (fastest <= learned.perReplica) return same;
  return { ...same, learned: { ...learned, perReplica: fastest } };
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
