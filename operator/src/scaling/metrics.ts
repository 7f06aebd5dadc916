import { Counter, Gauge, type Registry } from 'prom-client';
import type { Decision } from './model.ts';

/** What one poll of a group came to. */
export interface ToldDecision {
  readonly currentReplicas: number;
  readonly decision: Pick<Decision, 'replicas' | 'figures' | 'findings'>;
  readonly active: boolean;
  /** Since the last complete observation. */
  readonly staleMs: number;
}

export interface GroupLabels {
  /** Key of the cluster, namespace/name. */
  readonly cluster: string;
  /** RocketMQ's name. */
  readonly group: string;
}

export interface ScalingMetrics {
  told(labels: GroupLabels, told: ToldDecision): void;
  scaled(labels: GroupLabels, direction: 'up' | 'down'): void;
  /** Nothing can be decided: what was told last is not what is the case. */
  held(labels: GroupLabels): void;
  forget(labels: GroupLabels): void;
}

const labelNames = ['cluster', 'group'] as const;

/** Registers them: once a registry. What is unknown has no series. */
export function scalingMetrics(registry: Registry): ScalingMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string): Gauge<'cluster' | 'group'> =>
    new Gauge({ name: `gantry_scaling_${name}`, help, labelNames, registers });
  const active = gauge('active', '1: replicas are decided by what is known of the group; 0: they stay.');
  const desired = gauge('desired_replicas', 'Replicas that the consumers of a group should have.');
  const current = gauge('current_replicas', 'Replicas that the target of a group is set to.');
  const useful = gauge('useful_replicas', 'More replicas are of no use to a group, or not allowed.');
  const arrivals = gauge('arrival_messages_per_second', 'Messages that come for a group.');
  const consumed = gauge('consumed_messages_per_second', 'Messages that a group is done with.');
  const perReplica = gauge('replica_messages_per_second', 'Messages that one replica of a group handles.');
  const wait = gauge(
    'predicted_wait_seconds',
    'How long the last message in the busiest queue of a group will wait if nothing changes.',
  );
  const stale = gauge('stale_seconds', 'Time since everything about a group was known.');
  const limited = new Gauge({
    name: 'gantry_scaling_limited',
    help: '1: what replicas alone do not change stands between a group and its sloSeconds.',
    labelNames: [...labelNames, 'reason'] as const,
    registers,
  });
  const scales = new Counter({
    name: 'gantry_scaling_scales_total',
    help: 'Changes of the replicas of a group by the operator.',
    labelNames: [...labelNames, 'direction'] as const,
    registers,
  });
  const figures = [desired, current, useful, arrivals, consumed, perReplica, wait];
  const findings = new Map<string, readonly string[]>();
  const forgetFindings = (labels: GroupLabels): void => {
    const key = `${labels.cluster} ${labels.group}`;
    for (const reason of findings.get(key) ?? []) limited.remove({ ...labels, reason });
    findings.delete(key);
  };
  const held = (labels: GroupLabels): void => {
    for (const each of figures) each.remove({ ...labels });
    forgetFindings(labels);
    active.set({ ...labels }, 0);
  };
  return {
    held,
    told: (labels, { currentReplicas, decision, active: isActive, staleMs }) => {
      const { figures: known } = decision;
      const values: readonly (readonly [typeof desired, number | undefined])[] = [
        [active, isActive ? 1 : 0],
        [desired, decision.replicas],
        [current, currentReplicas],
        [useful, known.bound],
        [arrivals, known.arrivalRate],
        [consumed, known.consumeRate],
        [perReplica, known.serviceRate],
        [wait, inSeconds(known.predictedWaitMs)],
        [stale, staleMs / 1_000],
      ];
      for (const [each, value] of values) {
        if (value === undefined) each.remove({ ...labels });
        else each.set({ ...labels }, value);
      }
      forgetFindings(labels);
      const reasons = decision.findings.map(({ kind }) => kind);
      for (const reason of reasons) limited.set({ ...labels, reason }, 1);
      findings.set(`${labels.cluster} ${labels.group}`, reasons);
    },
    scaled: (labels, direction) => scales.inc({ ...labels, direction }),
    forget: (labels) => {
      held(labels);
      active.remove({ ...labels });
      stale.remove({ ...labels });
      for (const direction of ['up', 'down']) scales.remove({ ...labels, direction });
    },
  };
}

function inSeconds(ms: number | undefined): number | undefined {
  return ms === undefined || !Number.isFinite(ms) ? undefined : ms / 1_000;
}
