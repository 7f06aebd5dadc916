/** What a person asks for by annotation, past the spec. Pure. */
import { minInSyncReplicas, type ConditionReason, type RocketMQCluster } from '../api/mod.ts';
import { pausedAnnotation, restartBeforeAnnotation } from './labels.ts';

export interface Warning {
  readonly reason: Extract<
    ConditionReason,
    'Paused' | 'InvalidAnnotation' | 'NoSpareMember' | 'DrainBlocked' | 'ConfigDrift'
  >;
  readonly message: string;
}

export interface BreakGlass {
  readonly paused: boolean;
  /** Epoch milliseconds: pods made before restart. Never in the future. */
  readonly restartBeforeMs: number | undefined;
}

export function breakGlass({ metadata }: RocketMQCluster, nowMs: number): BreakGlass {
  const before = timeOf(metadata.annotations?.[restartBeforeAnnotation]);
  return {
    paused: metadata.annotations?.[pausedAnnotation] === 'true',
    // Pods made from now on would be older than a moment to come, and restart until it has passed.
    restartBeforeMs: before !== undefined && before <= nowMs ? before : undefined,
  };
}

type Checker = (cluster: RocketMQCluster, nowMs: number) => Warning | undefined;

/** What a person should know although nothing is wrong. */
export function warnings(cluster: RocketMQCluster, nowMs: number): readonly Warning[] {
  return checkers.flatMap((check) => check(cluster, nowMs) ?? []);
}

const checkers: readonly Checker[] = [
  ({ metadata }) => {
    const value = metadata.annotations?.[pausedAnnotation];
    if (value === undefined || value === 'false') return undefined;
    return value === 'true'
      ? {
          reason: 'Paused',
          message: `Nothing is changed: remove the annotation ${pausedAnnotation} to go on.`,
        }
      : invalid(pausedAnnotation, value, 'is neither true nor false');
  },
  ({ metadata }, nowMs) => {
    const value = metadata.annotations?.[restartBeforeAnnotation];
    if (value === undefined) return undefined;
    const at = timeOf(value);
    if (at === undefined)
      return invalid(restartBeforeAnnotation, value, 'is no time as in 2026-01-31T12:00:00Z');
    return at <= nowMs
      ? undefined
      : invalid(restartBeforeAnnotation, value, 'is still to come, and does nothing until then');
  },
  ({ spec: { brokers } }) =>
    brokers.replicas > 1 && minInSyncReplicas(brokers) === brokers.replicas
      ? {
          reason: 'NoSpareMember',
          message:
            'spec.brokers.minInSyncReplicas equals spec.brokers.replicas: a group refuses every send while one member is away.',
        }
      : undefined,
];

function invalid(annotation: string, value: string, why: string): Warning {
  const quoted = JSON.stringify(value.slice(0, 64));
  return { reason: 'InvalidAnnotation', message: `The annotation ${annotation} ${quoted} ${why}.` };
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function timeOf(text: string | undefined): number | undefined {
  if (text === undefined || !rfc3339.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
