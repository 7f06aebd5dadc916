/** Gantry's own decision, as its operator makes it: a look every poll, and one when something comes while there is no replica. */
import {
  decide,
  initialState,
  pollPeriodMs,
  type Decision,
  type GroupType,
  type Observation,
  type ObservedQueue,
  type ScalingSettings,
} from '../../operator/src/scaling/mod.ts';
import type { Contestant } from './contestant.ts';
import type { World } from './world.ts';

/** 2026-01-01. */
const EPOCH_MS = 1_767_225_600_000;
const TOPIC = 'orders';

export interface GantrySettings {
  readonly name: string;
  readonly groupType?: GroupType;
  readonly serviceRateHint?: number;
  readonly fallbackReplicas?: number;
  /** Told of each decision. */
  readonly onDecision?: (decision: Decision, world: World) => void;
}

export function gantry(told: GantrySettings): Contestant {
  return {
    name: told.name,
    enter: (world) => {
      const settings = settingsFor(world, told);
      const period = pollPeriodMs(settings) / 1_000;
      let state = initialState();
      let next = 0;
      return () => {
        const isWoken = world.deployment.replicas === 0 && world.lag > 0;
        if (world.now < next && !isWoken) return;
        next = world.now + period;
        const decision = decide(settings, state, observe(world));
        state = decision.state;
        told.onDecision?.(decision, world);
        if (decision.replicas !== world.deployment.replicas) world.scaleTo(decision.replicas);
      };
    },
  };
}

export function settingsFor(world: World, told: GantrySettings): ScalingSettings {
  const { sloSeconds, maxReplicas } = world.settings;
  return {
    actuator: 'Scale',
    groupType: told.groupType ?? (world.mode === 'pop' ? 'Pop' : 'Queue'),
    sloSeconds,
    drainSeconds: sloSeconds,
    minReplicas: world.workload.minReplicas,
    maxReplicas,
    initialPosition: 'Last',
    downWindowSeconds: 120,
    idleSeconds: 300,
    wakeReplicas: 1,
    staleSeconds: 60,
    ...(told.serviceRateHint === undefined ? {} : { serviceRateHint: told.serviceRateHint }),
    ...(told.fallbackReplicas === undefined ? {} : { fallbackReplicas: told.fallbackReplicas }),
  };
}

export function observe(world: World): Observation {
  const { now, deployment } = world;
  return {
    atMs: EPOCH_MS + Math.round(now * 1_000),
    queues: world.isMute
      ? { kind: 'Partial', silent: ['broker-0'] }
      : { kind: 'Complete', queues: queuesOf(world) },
    inFlight: 0,
    target: {
      replicas: deployment.replicas,
      pods: deployment.pods.map(({ id, readyAt, template }) => ({
        name: `orders-${id}`,
        state: readyAt <= now ? 'Ready' : 'Starting',
        templateHash: String(template),
      })),
      templateHash: String(deployment.template),
      rollout: deployment.isRolling ? 'Rolling' : 'Settled',
    },
    rivals: [],
    broadcast: false,
  };
}

function queuesOf(world: World): readonly ObservedQueue[] {
  const { queuesPerBroker } = world.settings;
  return world.offsets().map(({ newest, committed }, index) => ({
    broker: `broker-${Math.floor(index / queuesPerBroker)}`,
    topic: TOPIC,
    queueId: index % queuesPerBroker,
    oldestOffset: 0,
    newestOffset: Math.floor(newest),
    committedOffset: Math.floor(committed),
    retry: false,
  }));
}
