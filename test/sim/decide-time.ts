import { decide, initialState } from '../../operator/src/scaling/mod.ts';
import { observe, settingsFor } from './gantry.ts';
import { usualWorld, World } from './world.ts';

const PODS = 32;
const QUEUES_PER_BROKER = 16;
const BROKERS = 4;
/** The first ones are slower, until the code is compiled. */
const WARM_UP = 200;

export interface DecideTime {
  readonly queues: number;
  readonly pods: number;
  readonly count: number;
  readonly median: number;
  readonly p95: number;
}

/** Of a busy group that has as much history as is remembered. */
export function timeDecisions(): DecideTime {
  const workload = {
    name: 'time',
    seconds: 1_800,
    stepSeconds: 2,
    initialReplicas: PODS,
    minReplicas: PODS,
    noise: { deviation: 0.1, correlationSeconds: 20 },
    rateAt: () => 1_000,
  };
  const settings = { ...usualWorld, brokers: BROKERS, queuesPerBroker: QUEUES_PER_BROKER, maxReplicas: PODS };
  const world = new World(workload, 'queue', 1, settings);
  const scaling = settingsFor(world, { name: 'time' });
  let state = initialState();
  const times: number[] = [];
  while (!world.isOver) {
    world.advance();
    const observation = observe(world);
    const startedMs = performance.now();
    ({ state } = decide(scaling, state, observation));
    times.push(performance.now() - startedMs);
  }
  const sorted = times.slice(WARM_UP).toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor(part * sorted.length)] ?? 0;
  return {
    queues: BROKERS * QUEUES_PER_BROKER,
    pods: PODS,
    count: sorted.length,
    median: at(0.5),
    p95: at(0.95),
  };
}
