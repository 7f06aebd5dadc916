/** What observations say of the replicas themselves: what one handles, and whether more of them help. Pure. */
import { hasOwners } from './allocation.ts';
import { capOf, judge, nextCut, startTrial, type BottleneckInput } from './bottleneck.ts';
import type { Learned, Memory } from './model.ts';
import type { Rates } from './rates.ts';
import { learnServiceRate, workOf, type ServiceRateInput } from './service-rate.ts';
import type { Tracked } from './track.ts';
import { JUMP, RECOVERED_RATE, TRY_AGAIN_MS, WATCH_MS } from './tuning.ts';
import type { Known, View } from './view.ts';

export function learn(
  view: View,
  { sample, rates, counts }: Pick<Known, 'sample' | 'counts'> & { readonly rates: Rates },
  stepped: Tracked['stepped'],
): View {
  const { settings, nowMs, memory, learned, pods, observation, replicas } = view;
  const { consumers } = memory;
  const watched: ServiceRateInput = { samples: memory.samples, consumers, settings, nowMs };
  const work = workOf(watched, WATCH_MS);
  // Clients of queues are looked at one by one; others are all alike.
  const watchable = hasOwners(settings.groupType) ? pods.consumers : 1;
  const input: BottleneckInput = {
    settings,
    layout: sample.layout,
    nowMs,
    replicas,
    consumers: pods.consumers,
    saturated: work === undefined ? undefined : work.saturated.length * 2 >= watchable,
    consumeRate: rates.consumed,
    serviceRate: learned.serviceRate?.perReplica,
    fell: memory.fell,
    cap: learned.cap,
    trial: memory.trial,
  };
  const verdict = judge({ ...input, trial: startTrial(input, stepped) });
  const restored = restoredRate(learned, verdict.serviceRate);
  const { target } = observation;
  const isUniform =
    target.rollout === 'Settled' && target.pods.every((pod) => pod.templateHash === target.templateHash);
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
export function believedRate({
  memory: { fell },
  learned: { serviceRate },
  nowMs,
}: View): number | undefined {
  if (fell === undefined || serviceRate === undefined) return serviceRate?.perReplica;
  const { measuredAtMs, perReplica } = serviceRate;
  const waitMs = Math.max(TRY_AGAIN_MS, measuredAtMs - fell.atMs);
  return nowMs - measuredAtMs > waitMs ? fell.from : perReplica;
}
