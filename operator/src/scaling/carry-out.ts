/** What follows from a decision: the replicas of the target, and what is told. */
import type { ConsumerGroup, GroupScaling } from '../api/mod.ts';
import { keyOf, type Clock, type EventSink, type KubeApi, type Logger, type Scale } from '../kube/mod.ts';
import { setReplicas } from './actuate.ts';
import { announce } from './announce.ts';
import { noteByHand, noteOwn, type Carried } from './carried.ts';
import type { KedaBoard } from './keda/board.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import type { ScalingMetrics } from './metrics.ts';
import type { Decision, ScalingState } from './model.ts';
import { activityOf, decidedStatus, type Activity } from './status.ts';
import type { ScalingStatuses } from './statuses.ts';

/** A failover takes seconds, and would have the statuses of all groups written twice. */
const FAILOVER_MS = 30_000;

export interface CarryOutDeps {
  readonly api: Pick<KubeApi, 'mergePatch'>;
  readonly ledger: Ledger;
  readonly keda: KedaBoard;
  readonly statuses: ScalingStatuses;
  readonly metrics: ScalingMetrics;
  readonly events: EventSink;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  readonly log: Logger;
}

export interface Decided {
  readonly carried: Carried;
  /** What it was decided by. */
  readonly before: ScalingState;
  readonly decision: Decision;
  readonly scale: Scale;
  /** That the target is set to. */
  readonly current: number;
  /** Keys of the other groups that scale the target. */
  readonly siblings: () => readonly string[];
}

type Actuated =
  /** Nothing is to be written. */
  | { readonly kind: 'Same' }
  | { readonly kind: 'Scaled'; readonly entry: LedgerEntry }
  | { readonly kind: 'Refused'; readonly activity: Activity }
  | { readonly kind: 'ObserveAgain' };

/** @returns when to look again; `Soon`: the decision is void, as the target is another one by now */
export async function carryOut(
  deps: CarryOutDeps,
  object: ConsumerGroup,
  { scaleTargetRef, actuator }: GroupScaling,
  decided: Decided,
  signal: AbortSignal,
): Promise<'Soon' | 'Later'> {
  const { carried, decision } = decided;
  const actuated =
    actuator === 'Scale'
      ? await actuate(deps, object, scaleTargetRef, decided, signal)
      : ({ kind: 'Same' } as const);
  if (actuated.kind === 'ObserveAgain') return 'Soon';
  if (actuator === 'KEDA')
    deps.keda.set(keyOf(object), { current: decided.current, decided: decision.replicas });
  else deps.keda.delete(keyOf(object));
  carried.state = decision.state;
  noteByHand(carried, decided.before);
  if (actuated.kind === 'Scaled') noteOwn(carried, actuated.entry, decision.replicas);
  const activity = actuated.kind === 'Refused' ? actuated.activity : activityOf(decision.reason, actuator);
  await tell(deps, object, decided, actuated, activity, signal);
  return 'Later';
}

async function actuate(
  { api, ledger, metrics, clock, log }: CarryOutDeps,
  object: ConsumerGroup,
  target: GroupScaling['scaleTargetRef'],
  { carried, decision, scale, current, siblings }: Decided,
  signal: AbortSignal,
): Promise<Actuated> {
  ledger.want(carried.target, keyOf(object), decision.replicas);
  if (decision.replicas === current) return { kind: 'Same' };
  const replicas = ledger.agreed(carried.target, decision.replicas, current, siblings());
  if (replicas === current) return { kind: 'Same' };
  const became = await setReplicas(api, target, scale, replicas, signal);
  if (became.kind === 'ObserveAgain') return became;
  if (became.kind === 'Refused') {
    const { reason, message } = became;
    const status = reason === 'TargetForbidden' ? 'False' : 'Unknown';
    return { kind: 'Refused', activity: { status, reason, message } };
  }
  const reason = decision.reason.kind;
  const entry = { atMs: clock.now(), monotonicMs: clock.monotonicMs(), from: current, to: replicas, reason };
  ledger.wrote(carried.target, entry);
  metrics.scaled(carried.labels, replicas > current ? 'up' : 'down');
  log.info({ key: keyOf(object), target: target.name, from: current, to: replicas, reason }, 'scaled');
  return { kind: 'Scaled', entry };
}

async function tell(
  { events, metrics, statuses, clock }: CarryOutDeps,
  object: ConsumerGroup,
  { carried, decision, current }: Decided,
  actuated: Actuated,
  activity: Activity,
  signal: AbortSignal,
): Promise<void> {
  const currentReplicas = actuated.kind === 'Scaled' ? actuated.entry.to : current;
  const staleMs = clock.monotonicMs() - carried.completeMs;
  const active = activity.status === 'True';
  metrics.told(carried.labels, { currentReplicas, decision, active, staleMs });
  const before = carried.told ?? statuses.of(object);
  if (decision.reason.kind === 'Incomplete' && staleMs < FAILOVER_MS && before !== undefined) return;
  const { lastScale, clients } = carried;
  const next = decidedStatus(
    before,
    { decision: { ...decision, state: carried.state }, currentReplicas, lastScale, clients },
    activity,
    clock.now(),
  );
  announce(events, object, before, next);
  carried.told = next;
  await statuses.tell(object, next, signal);
}
