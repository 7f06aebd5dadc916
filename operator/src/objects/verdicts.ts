import type { ConditionReason } from '../api/mod.ts';
import type { Change, Outcome } from '../kube/mod.ts';
import { isHeld } from './custody.ts';
import type { ClusterView, DeclaredObject, Verdict } from './kind.ts';
import type { PassResult } from './pass.ts';

/** A verdict that a status can be made of. */
export type Judged = Exclude<Verdict, { kind: 'Deferred' }>;

/** Our own writes come back as changes; only what a person or another controller edits is an edit. */
export function concernsUs<O extends DeclaredObject>({ object, previous }: Change<O>): boolean {
  return (
    object.metadata.generation !== previous?.metadata.generation ||
    object.metadata.deletionTimestamp !== previous?.metadata.deletionTimestamp ||
    (previous !== undefined && isHeld(previous) && !isHeld(object))
  );
}

/** No answer, or a name server that may just have restarted: the last known state may well still hold. */
export function isDoubt(verdict: Verdict): boolean {
  return verdict.kind === 'Pending'
    ? verdict.unknown || verdict.reason === 'NotRouted'
    : verdict.kind === 'Waiting' && verdict.reason === 'ClusterNotReady';
}

/** Nothing could be seen of a cluster that says itself that it is not ready: that is the reason to give. */
export function withCluster(
  result: PassResult | undefined,
  view: ClusterView | undefined,
): Verdict | undefined {
  if (result?.verdict.kind !== 'Pending' || view?.ready !== false || result.looked) return result?.verdict;
  const message = `RocketMQCluster ${view.clusterName} is not ready: ${result.verdict.message}`;
  return { kind: 'Waiting', reason: 'ClusterNotReady', message };
}

/** A cluster that does not exist yet, or lacks something, announces itself, and so does a Secret. */
const announced: ReadonlySet<string> = new Set<ConditionReason>([
  'ClusterNotFound',
  'ClusterDeleting',
  'BrokerGroupNotFound',
  'AccessControlOff',
  'SecretNotFound',
  'SecretInvalid',
]);

/** How the controller goes on for this object; undefined when nothing is left to do until something changes. */
export function outcomeOf(verdict: Judged, pollMs: number): Outcome | undefined {
  switch (verdict.kind) {
    case 'Ready':
      return undefined;
    case 'Pending':
      return retry(verdict);
    case 'Waiting':
      return announced.has(verdict.reason) ? undefined : waiting(verdict, pollMs);
    case 'Rejected':
      // What it waits for is on the brokers, which announce nothing.
      return verdict.reason === 'DeletionBlocked' ? waiting(verdict, pollMs) : undefined;
    default:
      return verdict satisfies never;
  }
}

/** A failure is tried again by its own time; of several, and of what is waited for, the first that is due. */
export function sooner(a: Outcome, b: Outcome): Outcome {
  if (a.kind === 'Retry' && b.kind === 'Retry') return atMostMs(b) < atMostMs(a) ? b : a;
  if (a.kind === 'Retry' || b.kind === 'Done') return a;
  return a.kind === 'Wait' && b.kind === 'Wait' && a.pollMs <= b.pollMs ? a : b;
}

function atMostMs({
  atMostMs: most = Number.POSITIVE_INFINITY,
}: Extract<Outcome, { kind: 'Retry' }>): number {
  return most;
}

function retry({ reason, message, atMostMs: most }: Extract<Judged, { kind: 'Pending' }>): Outcome {
  return { kind: 'Retry', reason, message, ...(most === undefined ? {} : { atMostMs: most }) };
}

function waiting(verdict: Exclude<Judged, { kind: 'Ready' }>, pollMs: number): Outcome {
  const { reason, message } = verdict;
  const own = verdict.kind === 'Waiting' ? verdict.pollMs : undefined;
  return { kind: 'Wait', reason, message, pollMs: own ?? pollMs };
}
