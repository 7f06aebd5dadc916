/**
 * The thirteen workloads of the study (lag-autoscaling.md §4.6). It gives their names, lengths and ideal replica-hours; loads that
 * reproduce those, and what KEDA does with them, were worked out from its tables.
 */
import { gaussian, seeded, seedOf } from './random.ts';

const MINUTE = 60;
const HOUR = 3_600;

/** Times are in seconds, rates in messages a second. */
export interface Workload {
  readonly name: string;
  readonly seconds: number;
  readonly stepSeconds: number;
  readonly initialReplicas: number;
  readonly minReplicas: number;
  readonly rateAt: (second: number) => number;
  /** Part of the rate by which it varies, and for how long it stays so. */
  readonly noise: { readonly deviation: number; readonly correlationSeconds: number };
  /** Of a replica, as part of its usual one. */
  readonly slownessAt?: (second: number) => number;
  readonly bulk?: { readonly at: number; readonly messages: number };
  /** Part of all messages that goes to one queue. */
  readonly hotShare?: number;
  readonly pin?: { readonly at: number; readonly seconds: number };
  /** Messages a second that all replicas together get done. */
  readonly limit?: number;
  /** Nobody gets metrics. */
  readonly outage?: { readonly from: number; readonly to: number };
  readonly rolloutAt?: number;
}

const between = (from: number, to: number, inside: number, outside: number) => (second: number) =>
  second >= from && second < to ? inside : outside;

const usual = {
  stepSeconds: 0.5,
  initialReplicas: 4,
  minReplicas: 1,
  noise: { deviation: 0.05, correlationSeconds: 20 },
} as const;

export const workloads: readonly Workload[] = [
  {
    ...usual,
    name: 'step',
    seconds: HOUR,
    initialReplicas: 1,
    rateAt: between(10 * MINUTE, 40 * MINUTE, 400, 40),
  },
  {
    ...usual,
    name: 'ramp',
    seconds: 90 * MINUTE,
    initialReplicas: 1,
    rateAt: (second) => {
      const up = (second - 10 * MINUTE) / (20 * MINUTE);
      const down = (75 * MINUTE - second) / (20 * MINUTE);
      return 40 + 480 * Math.min(1, Math.max(0, Math.min(up, down)));
    },
  },
  {
    ...usual,
    name: 'diurnal',
    seconds: 24 * HOUR,
    stepSeconds: 1,
    initialReplicas: 1,
    rateAt: (second) => 40 + 331 * ((1 - Math.cos((2 * Math.PI * second) / (24 * HOUR))) / 2) ** 2,
  },
  {
    ...usual,
    name: 'spikes',
    seconds: 2 * HOUR,
    initialReplicas: 1,
    rateAt: (second) => between(2 * MINUTE, 2 * MINUTE + 45, 600, 20)(second % (10 * MINUTE)),
  },
  {
    ...usual,
    name: 'noise',
    seconds: 3 * HOUR,
    initialReplicas: 5,
    noise: { deviation: 0.15, correlationSeconds: 15 },
    rateAt: () => 225,
  },
  {
    ...usual,
    name: 'slow',
    seconds: 90 * MINUTE,
    rateAt: () => 200,
    slownessAt: between(30 * MINUTE, HOUR, 0.4, 1),
  },
  {
    ...usual,
    name: 'poison',
    seconds: 90 * MINUTE,
    rateAt: () => 200,
    pin: { at: 30 * MINUTE, seconds: 15 * MINUTE },
  },
  {
    ...usual,
    name: 'bottleneck',
    seconds: 90 * MINUTE,
    limit: 250,
    rateAt: between(30 * MINUTE, HOUR, 280, 160),
  },
  { ...usual, name: 'hotqueue', seconds: HOUR, hotShare: 0.3, rateAt: () => 190 },
  {
    ...usual,
    name: 'bulk',
    seconds: HOUR,
    initialReplicas: 1,
    bulk: { at: 10 * MINUTE, messages: 200_000 },
    rateAt: () => 50,
  },
  {
    ...usual,
    name: 'outage',
    seconds: HOUR,
    initialReplicas: 2,
    outage: { from: 18 * MINUTE, to: 23 * MINUTE },
    rateAt: between(20 * MINUTE, 40 * MINUTE, 360, 60),
  },
  {
    ...usual,
    name: 'rollout',
    seconds: HOUR,
    initialReplicas: 8,
    rolloutAt: 20 * MINUTE,
    rateAt: () => 280,
  },
  {
    ...usual,
    name: 'bursty0',
    seconds: 6 * HOUR,
    initialReplicas: 0,
    minReplicas: 0,
    rateAt: (second) => between(10 * MINUTE, 10 * MINUTE + 20, 75, 0)(second % (30 * MINUTE)),
  },
];

/** Those in which the SLO can be met. */
export const attainable: readonly string[] = [
  'step',
  'ramp',
  'diurnal',
  'spikes',
  'noise',
  'slow',
  'poison',
  'rollout',
];

/** Messages that come in each step: the same for everybody who is compared. */
export function arrivalsOf(workload: Workload, seed: number): Float64Array {
  const { seconds, stepSeconds, noise, rateAt, bulk } = workload;
  const random = seeded(seedOf('arrivals', workload.name, seed));
  const steps = Math.round(seconds / stepSeconds);
  const keeps = Math.exp(-stepSeconds / noise.correlationSeconds);
  const arrivals = new Float64Array(steps);
  let deviation = gaussian(random);
  for (let step = 0; step < steps; step += 1) {
    deviation = keeps * deviation + Math.sqrt(1 - keeps * keeps) * gaussian(random);
    const rate = rateAt(step * stepSeconds) * Math.max(0, 1 + noise.deviation * deviation);
    arrivals[step] = rate * stepSeconds;
  }
  if (bulk !== undefined) {
    const step = Math.round(bulk.at / stepSeconds);
    arrivals[step] = (arrivals[step] ?? 0) + bulk.messages;
  }
  return arrivals;
}
