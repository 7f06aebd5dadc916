/** Rules that ask for more replicas. Pure. */
import { capOf } from './bottleneck.ts';
import { at, sumOf } from './history.ts';
import type { Verdict } from './holds.ts';
import type { Reason, WaitingFor } from './model.ts';
import { before, moreThanChance } from './rates.ts';
import {
  ACT_AGAIN_MS,
  GROWTH_WHILE_STARTING,
  SETTLE_MS,
  SURGE_FACTOR,
  SURGE_REPLICAS,
  UP_UTILISATION,
} from './tuning.ts';
import type { View } from './view.ts';

/** What has come in so long may be under way. */
const GROWN_SECONDS = 3;
/** A fifth of the pods does not come: more would not either. */
const OVERDUE_PART = 0.2;

/** From zero to what is needed in one step: what waits is all that is known of the load. */
export function wake(view: View): Verdict | undefined {
  const { replicas, settings, known } = view;
  if (replicas > 0 || known?.rates === undefined) return undefined;
  const { lag } = known.rates;
  if (lag === 0) return undefined;
  const { serviceRate, sized, counts, bound } = known;
  const needed =
    serviceRate === undefined
      ? settings.wakeReplicas
      : Math.max(
          lag / (settings.drainSeconds * serviceRate * UP_UTILISATION),
          sized?.sizes.urgent.replicas ?? 1,
        );
  const useful = counts.find((count) => count >= needed) ?? bound;
  return {
    replicas: Math.max(1, Math.min(useful, bound, mostOf(view), SURGE_REPLICAS)),
    reason: { kind: 'Wake', lag },
  };
}

interface Want {
  readonly replicas: number;
  readonly reason: Reason;
}

export function up(view: View): Verdict | undefined {
  const { replicas, known } = view;
  if (known === undefined || replicas === 0) return undefined;
  const want = wantOf(view);
  if (want === undefined || want.replicas <= replicas) return undefined;
  const wanted = Math.min(want.replicas, known.bound);
  if (wanted <= replicas) return undefined;
  const until = obstacle(view, wanted);
  if (until !== undefined) return { replicas, reason: { kind: 'Waiting', wanted, until } };
  const surge = Math.max(replicas + SURGE_REPLICAS, replicas * SURGE_FACTOR);
  return { replicas: Math.min(wanted, surge, mostOf(view)), reason: want.reason };
}

/** Also while it is to be seen whether fewer do as much. */
function mostOf({ learned, memory: { trial }, replicas, nowMs }: View): number {
  const tried = trial?.kind === 'Cut' && trial.to === replicas ? trial.to : Infinity;
  return Math.min(capOf(learned.cap, nowMs), tried);
}

function wantOf(view: View): Want | undefined {
  const { known } = view;
  if (known?.rates === undefined) return undefined;
  const { rates, serviceRate, sized } = known;
  if (sized === undefined || serviceRate === undefined) return blindly(view);
  const { sustained, urgent, isUrgent, predictedWaitMs, urgentWaitMs: limitMs } = sized.sizes;
  if (isUrgent && urgent.replicas > sustained.replicas) {
    return {
      replicas: urgent.replicas,
      reason: { kind: 'Backlog', predictedWaitMs, limitMs, lag: rates.lag, serviceRate },
    };
  }
  return {
    replicas: sustained.replicas,
    reason: { kind: 'ArrivalRate', arrivalRate: Math.min(rates.medium, rates.slow), serviceRate },
  };
}

/** Twice as many, while what waits grows although all that were asked for read. */
function blindly({ known, replicas, pods, memory, nowMs }: View): Want | undefined {
  if (known?.rates === undefined || pods.starting > 0) return undefined;
  if (nowMs - (memory.consumers?.sinceAtMs ?? nowMs) < SETTLE_MS) return undefined;
  const { rates, stuck } = known;
  const earlier = before(memory.samples, SETTLE_MS);
  if (earlier === undefined) return undefined;
  const moving = (values: readonly number[]) =>
    sumOf(values.map((value, index) => (stuck.flags[index] === true ? 0 : value)));
  const waiting = moving(rates.waiting);
  const grew = sumOf(
    known.sample.lag.map((lag, index) => (stuck.flags[index] === true ? 0 : lag - at(earlier.lag, index))),
  );
  if (grew <= 0 || waiting <= moreThanChance(GROWN_SECONDS * rates.quick)) return undefined;
  return { replicas: 2 * replicas, reason: { kind: 'ServiceRateUnknown', lag: rates.lag } };
}

function obstacle(view: View, wanted: number): WaitingFor | undefined {
  const { replicas, pods, learned, nowMs, known } = view;
  const isLarger = wanted > GROWTH_WHILE_STARTING * replicas;
  if (pods.overdue.length > OVERDUE_PART * replicas) return 'PodsJoin';
  if (known?.stuck.allSinceAtMs !== undefined && pods.consumers > 0) return 'Consumption';
  if (mostOf(view) <= replicas) return 'Cap';
  if (pods.starting > 0 && !isLarger) return 'PodsReady';
  const { lastScale } = learned;
  if (lastScale !== undefined && nowMs - lastScale.atMs < ACT_AGAIN_MS && !(isLarger && lastScale.up))
    return 'Settled';
  return undefined;
}
