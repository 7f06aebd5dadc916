/** The status of spec.scaling. Pure. */
import type { Condition, ConditionReason, GroupScalingStatus, ScalingReason } from '../api/mod.ts';
import { removeCondition, setCondition, toKubeTime, type NextCondition } from '../kube/mod.ts';
import { coarse } from '../lag/mod.ts';
import { describeFinding, describeReason } from './describe.ts';
import { learnedStatus, type LastScaleStatus } from './learned.ts';
import type { Actuator, Decision, Figures, Reason } from './model.ts';
import type { ClientKind } from './settings.ts';

/** As the status takes it. */
const LONGEST_MESSAGE = 1_024;

/** Whether replicas are decided, and why not. */
export interface Activity {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: ConditionReason;
  readonly message: string;
}

export interface Decided {
  readonly decision: Pick<Decision, 'replicas' | 'reason' | 'findings' | 'figures'> & {
    readonly state: Pick<Decision['state'], 'learned'>;
  };
  readonly currentReplicas: number;
  readonly lastScale: LastScaleStatus | undefined;
  readonly clients: ClientKind | undefined;
}

export function activityOf(reason: Reason, actuator: Actuator): Activity {
  const message = cut(describeReason(reason));
  if (reason.kind === 'Refused') return { status: 'False', reason: reason.because, message };
  if (reason.kind === 'Incomplete' || reason.kind === 'Fallback')
    return { status: 'Unknown', reason: 'DataIncomplete', message };
  return working[actuator];
}

const working: Readonly<Record<Actuator, Activity>> = {
  Scale: { status: 'True', reason: 'Scaling', message: 'replicas are set by what waits for the group' },
  Recommend: { status: 'True', reason: 'Recommending', message: 'replicas are told, and not set' },
  KEDA: { status: 'True', reason: 'AnsweringKeda', message: 'replicas are told to KEDA, which sets them' },
};

export function decidedStatus(
  before: GroupScalingStatus | undefined,
  { decision, currentReplicas, lastScale, clients }: Decided,
  activity: Activity,
  nowMs: number,
): GroupScalingStatus {
  const { replicas, reason, findings, figures, state } = decision;
  const [first] = findings;
  const limited =
    first === undefined
      ? undefined
      : ({
          type: 'ScalingLimited',
          status: 'True',
          reason: first.kind satisfies ConditionReason,
          message: cut(findings.map(describeFinding).join('; ')),
        } as const);
  return {
    currentReplicas,
    desiredReplicas: replicas,
    reason: reason.kind satisfies ScalingReason,
    message: cut(describeReason(reason)),
    ...(clients === undefined ? {} : { clients }),
    inputs: inputsOf(figures),
    ...(lastScale === undefined ? {} : { lastScale }),
    learned: learnedStatus(state.learned),
    conditions: nextConditions(before?.conditions, activity, limited, nowMs),
  };
}

/** Nothing could be decided: what is known stays, and what was observed goes. */
export function heldStatus(
  before: GroupScalingStatus | undefined,
  activity: Activity,
  nowMs: number,
): GroupScalingStatus {
  const { clients, lastScale, learned, conditions } = before ?? {};
  return {
    reason: activity.reason,
    message: cut(activity.message),
    ...(clients === undefined ? {} : { clients }),
    ...(lastScale === undefined ? {} : { lastScale }),
    ...(learned === undefined ? {} : { learned }),
    conditions: nextConditions(conditions, activity, undefined, nowMs),
  };
}

function nextConditions(
  before: readonly Condition[] | undefined,
  activity: Activity,
  limited: NextCondition | undefined,
  nowMs: number,
): readonly Condition[] {
  const now = toKubeTime(nowMs);
  const active: NextCondition = { type: 'ScalingActive', ...activity, message: cut(activity.message) };
  const conditions = setCondition<string, string>(before ?? [], active, now);
  return limited === undefined
    ? removeCondition(conditions, 'ScalingLimited')
    : setCondition<string, string>(conditions, limited, now);
}

function inputsOf(figures: Figures): NonNullable<GroupScalingStatus['inputs']> {
  const { lag, headAgeMs, bound, consumers, starting } = figures;
  const oldestSeconds = headAgeMs !== undefined && headAgeMs < 10_000 ? 0 : stepOf(headAgeMs, 1_000);
  const arrivalsPerMinute = stepOf(figures.arrivalRate, 1 / 60);
  const consumedPerMinute = stepOf(figures.consumeRate, 1 / 60);
  const replicaPerMinute = stepOf(figures.serviceRate, 1 / 60);
  const predictedWaitSeconds = stepOf(figures.predictedWaitMs, 1_000);
  return {
    ...(lag === undefined ? {} : { lag: coarse(lag) }),
    ...(oldestSeconds === undefined ? {} : { oldestSeconds }),
    ...(arrivalsPerMinute === undefined ? {} : { arrivalsPerMinute }),
    ...(consumedPerMinute === undefined ? {} : { consumedPerMinute }),
    ...(replicaPerMinute === undefined ? {} : { replicaPerMinute }),
    ...(predictedWaitSeconds === undefined ? {} : { predictedWaitSeconds }),
    ...(bound === undefined ? {} : { usefulReplicas: bound }),
    consumers,
    starting,
  };
}

function stepOf(value: number | undefined, divisor: number): number | undefined {
  return value === undefined || !Number.isFinite(value) ? undefined : coarse(value / divisor);
}

function cut(text: string): string {
  return text.slice(0, LONGEST_MESSAGE);
}
