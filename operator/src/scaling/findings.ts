/** What stands, whatever was decided: each function looks for one thing. Pure. */
import { isActive } from './bottleneck.ts';
import { at, nameOf, pollPeriodMs, sumOf } from './history.ts';
import type { Figures, Finding } from './model.ts';
import { busiestLoad, hotQueue } from './size.ts';
import { COMMIT_PERIOD_MS } from './tuning.ts';
import type { View } from './view.ts';

const SECOND_MS = 1_000;

export function findingsOf(view: View): readonly Finding[] {
  return finders.flatMap((find) => find(view) ?? []);
}

const finders: readonly ((view: View) => Finding | undefined)[] = [
  ({ known }) => {
    if (known?.sized === undefined) return undefined;
    const { sizes, input } = known.sized;
    const isShort = !sizes.sustained.fits || (sizes.isUrgent && !sizes.urgent.fits);
    return isShort && hotQueue(input) === undefined ? { kind: 'QueueBound', bound: known.bound } : undefined;
  },
  ({ known }) => {
    if (known?.sized === undefined) return undefined;
    const { input } = known.sized;
    const hot = hotQueue(input);
    const queue = hot === undefined ? undefined : input.layout.queues[hot.index];
    if (hot === undefined || queue === undefined) return undefined;
    return { kind: 'HotQueue', queue: nameOf(queue), load: hot.load, serviceRate: input.serviceRate };
  },
  ({ known }) => {
    if (known === undefined || known.stuck.queues.length === 0) return undefined;
    return { kind: 'StuckQueues', queues: known.stuck.queues };
  },
  ({ known, pods }) => {
    const sinceAtMs = known?.stuck.allSinceAtMs;
    return sinceAtMs === undefined || pods.consumers === 0
      ? undefined
      : { kind: 'NothingConsumed', sinceAtMs };
  },
  ({ learned: { cap }, nowMs }) => (isActive(cap, nowMs) ? { kind: 'ScalingIneffective', cap } : undefined),
  ({ settings, learned, memory, known }) => {
    if (learned.startupMs === undefined) return undefined;
    const reactionMs = learned.startupMs + pollPeriodMs(settings) + COMMIT_PERIOD_MS;
    if (reactionMs <= settings.sloSeconds * SECOND_MS) return undefined;
    const rate = known?.serviceRate;
    const warm =
      rate === undefined || memory.peak === undefined ? undefined : Math.ceil(memory.peak.rate / rate);
    return { kind: 'SloUnreachable', reactionMs, ...(warm === undefined ? {} : { warmReplicas: warm }) };
  },
  ({ pods: { overdue } }) => (overdue.length === 0 ? undefined : { kind: 'PodsNotJoining', pods: overdue }),
];

export function figuresOf(view: View): Figures {
  const { pods, learned, known, observation } = view;
  const told = learned.startupMs === undefined ? {} : { startupMs: learned.startupMs };
  const serviceRateSamples = learned.serviceRate?.samples ?? 0;
  const counted = { consumers: pods.consumers, starting: pods.starting, serviceRateSamples, ...told };
  if (known === undefined) return counted;
  const { rates, serviceRate, sized, bound, sample } = known;
  const headAgeMs = headAge(view);
  return {
    ...counted,
    bound,
    lag: sumOf(sample.lag) + (observation.inFlight ?? 0),
    ...(headAgeMs === undefined ? {} : { headAgeMs }),
    ...(rates === undefined ? {} : { arrivalRate: rates.medium, consumeRate: rates.consumed }),
    ...(serviceRate === undefined ? {} : { serviceRate }),
    ...(sized === undefined || !Number.isFinite(sized.sizes.predictedWaitMs)
      ? {}
      : { predictedWaitMs: sized.sizes.predictedWaitMs, busiestLoad: busiestLoad(sized.input) }),
  };
}

/** The oldest message that waits came after the last observation in which its queue ended before it. */
function headAge({ memory, known, nowMs }: View): number | undefined {
  if (known === undefined || memory.samples.length < 2) return undefined;
  const { lag, newest } = known.sample;
  let oldestAtMs = nowMs;
  for (const [index, messages] of lag.entries()) {
    if (messages === 0) continue;
    const head = at(newest, index) - messages;
    const earlier =
      memory.samples.findLast((sample) => at(sample.newest, index) <= head) ?? memory.samples[0];
    oldestAtMs = Math.min(oldestAtMs, earlier?.atMs ?? nowMs);
  }
  return nowMs - oldestAtMs;
}
