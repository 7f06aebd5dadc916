/** What a person asks for by annotation, past the spec. Pure. */
import { minInSyncReplicas, type ConditionReason, type RocketMQCluster } from '../api/mod.ts';
import {
  fencedAnnotation,
  pausedAnnotation,
  rebuildAnnotation,
  restartBeforeAnnotation,
  rotateBeforeAnnotation,
} from './labels.ts';

export interface Warning {
  readonly reason: Extract<
    ConditionReason,
    | 'Paused'
    | 'InvalidAnnotation'
    | 'NoNetworkPolicy'
    | 'NoSpareMember'
    | 'DrainBlocked'
    | 'ConfigDrift'
    | 'Fenced'
    | 'FenceRefused'
    | 'Rebuilding'
    | 'RebuildRefused'
    | 'MembersTogether'
  >;
  readonly message: string;
}

export interface BreakGlass {
  readonly paused: boolean;
  /** Epoch milliseconds: pods made before restart. Never in the future. */
  readonly restartBeforeMs: number | undefined;
  /** Epoch milliseconds: inner credentials made before are replaced. Never in the future. */
  readonly rotateBeforeMs: number | undefined;
  /** Names of pods. */
  readonly fenced: readonly string[];
  readonly rebuild: RebuildRequest | undefined;
}

export interface RebuildRequest {
  readonly pod: string;
  /** Epoch milliseconds: a volume made before is made anew, a later one is not. Never in the future. */
  readonly beforeMs: number;
}

export function isPaused({ metadata }: Pick<RocketMQCluster, 'metadata'>): boolean {
  return metadata.annotations?.[pausedAnnotation] === 'true';
}

export function breakGlass({ metadata }: RocketMQCluster, nowMs: number): BreakGlass {
  return {
    paused: isPaused({ metadata }),
    restartBeforeMs: pastOf(metadata.annotations?.[restartBeforeAnnotation], nowMs),
    rotateBeforeMs: pastOf(metadata.annotations?.[rotateBeforeAnnotation], nowMs),
    fenced: namesOf(metadata.annotations?.[fencedAnnotation]),
    rebuild: rebuildOf(metadata.annotations?.[rebuildAnnotation], nowMs),
  };
}

/** What is made from now on would be older than a moment to come, and made again until it has passed. */
function pastOf(text: string | undefined, nowMs: number): number | undefined {
  const at = timeOf(text);
  return at !== undefined && at <= nowMs ? at : undefined;
}

function namesOf(text: string | undefined): readonly string[] {
  const names = (text ?? '').split(',').map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ''))];
}

function rebuildOf(text: string | undefined, nowMs: number): RebuildRequest | undefined {
  const [, pod, moment] = /^([^@]+)@(.+)$/.exec(text ?? '') ?? [];
  const beforeMs = timeOf(moment);
  return pod === undefined || beforeMs === undefined || beforeMs > nowMs ? undefined : { pod, beforeMs };
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
  momentOf(restartBeforeAnnotation),
  momentOf(rotateBeforeAnnotation),
  (cluster, nowMs) => {
    const value = cluster.metadata.annotations?.[rebuildAnnotation];
    if (value === undefined || rebuildOf(value, nowMs) !== undefined) return undefined;
    const why = 'is no pod and a moment that has passed, as in exchange-broker-a-1-0@2026-01-31T12:00:00Z';
    return invalid(rebuildAnnotation, value, why);
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

function momentOf(annotation: string): Checker {
  return ({ metadata }, nowMs) => {
    const value = metadata.annotations?.[annotation];
    if (value === undefined) return undefined;
    const at = timeOf(value);
    if (at === undefined) return invalid(annotation, value, 'is no time as in 2026-01-31T12:00:00Z');
    return at <= nowMs
      ? undefined
      : invalid(annotation, value, 'is still to come, and does nothing until then');
  };
}

export function invalid(annotation: string, value: string, why: string): Warning {
  const quoted = JSON.stringify(value.slice(0, 64));
  return { reason: 'InvalidAnnotation', message: `The annotation ${annotation} ${quoted} ${why}.` };
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function timeOf(text: string | undefined): number | undefined {
  if (text === undefined || !rfc3339.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
