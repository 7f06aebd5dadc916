/** Carries decisions out against the API server. Nothing is decided here. */
import type { RocketMQCluster } from '../api/mod.ts';
import {
  isControlledBy,
  controllerOf,
  isKubeError,
  PersistentVolumeClaims,
  Pods,
  type EventSink,
  type KubeApi,
  type KubeObject,
  type ObjectApplier,
  type ObjectKey,
  type PersistentVolumeClaim,
  type Pod,
  type ResourceType,
} from '../kube/mod.ts';
import type { Intent } from './intents.ts';
import type { PodMark } from './pod-marks.ts';
import { claimName } from './storage.ts';
import type { Trouble } from './status.ts';

export interface Executor {
  readonly client: KubeApi;
  readonly applier: ObjectApplier;
  readonly events: EventSink;
  readonly cluster: RocketMQCluster;
  readonly signal: AbortSignal;
  /** Uids of the pods that this pass told to end. */
  readonly ending: Set<string>;
}

/** Enough to look something up. */
type Reader = Pick<Executor, 'client' | 'cluster' | 'signal'>;

const callTimeoutMs = 10_000;

/** An object of that name belongs to somebody else: it is not touched. */
export class ForeignObjectError extends Error {
  readonly code = 'ForeignObject';
  readonly retryable = false;
  readonly trouble: Trouble;

  constructor(type: ResourceType, object: KubeObject) {
    const owner = controllerOf(object);
    const whose = owner === undefined ? 'nobody that is known here' : `${owner.kind} ${owner.name}`;
    const message =
      `${type.kind} ${object.metadata.name} exists and belongs to ${whose}. ` +
      'Delete or rename it, or give the cluster another name.';
    super(message);
    this.name = 'ForeignObjectError';
    this.trouble = { reason: 'ApiConflict', message };
  }
}

export interface Failure {
  readonly error: unknown;
  /** Set when only a person can repair it. */
  readonly trouble?: Trouble;
}

/** Applies stage after stage and stops after the first that fails: what follows builds on it. */
export async function applyStages(
  executor: Executor,
  stages: readonly (readonly Intent[])[],
): Promise<readonly Failure[]> {
  for (const stage of stages) {
    const failures = await settle(stage.map((intent) => applyIntent(executor, intent)));
    if (failures.length > 0) return failures.map((error) => failureOf(error));
  }
  return [];
}

async function settle(pending: readonly Promise<unknown>[]): Promise<readonly unknown[]> {
  const results = await Promise.allSettled(pending);
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
}

/** What only a person can repair is told as trouble. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ForeignObjectError) return { error, trouble: error.trouble };
  if (isKubeError(error, 'Invalid')) {
    return { error, trouble: { reason: 'InvalidSpec', message: `Kubernetes refuses it: ${error.message}` } };
  }
  if (isKubeError(error, 'Forbidden')) {
    return { error, trouble: { reason: 'Forbidden', message: `Kubernetes forbids it: ${error.message}` } };
  }
  return { error };
}

async function applyIntent(executor: Executor, { type, object, observed }: Intent): Promise<void> {
  const { cluster, signal } = executor;
  if (observed === undefined) await requireFree(executor, type, object.metadata.name);
  const { changed } = await executor.applier.apply(type, object, {
    observed,
    signal,
    timeoutMs: callTimeoutMs,
  });
  if (!changed) return;
  executor.events.record(cluster, {
    type: 'Normal',
    reason: observed === undefined ? 'Created' : 'Updated',
    action: 'Apply',
    note: `${type.kind} ${object.metadata.name}`,
  });
}

/** Informers see only what carries our label; something else may stand in the way of a new child. */
async function requireFree(executor: Executor, type: ResourceType, name: string): Promise<void> {
  const live = await executor.client.get(type, keyIn(executor, name), callOptions(executor));
  if (live !== undefined && !isControlledBy(live, executor.cluster)) throw new ForeignObjectError(type, live);
}

function keyIn(executor: Pick<Executor, 'cluster'>, name: string): ObjectKey {
  return { namespace: executor.cluster.metadata.namespace ?? '', name };
}

function callOptions({ signal }: Pick<Executor, 'signal'>): {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
} {
  return { signal, timeoutMs: callTimeoutMs };
}

/** Deletes this very object; one of the same name made since is left alone. */
export async function remove(
  executor: Executor,
  type: ResourceType,
  object: KubeObject,
  gracePeriodSeconds?: number,
): Promise<void> {
  const { name, uid } = object.metadata;
  const key = keyIn(executor, name);
  try {
    await executor.client.delete(type, key, {
      ...callOptions(executor),
      ...(uid === undefined ? {} : { uid }),
      propagationPolicy: 'Background',
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    });
  } catch (error) {
    if (!isKubeError(error, 'Conflict')) throw error;
  }
  executor.applier.forget(type, key);
}

/** @param gracePeriodSeconds the pod's own when absent */
export async function restartPod(
  executor: Executor,
  pod: Pod,
  why: string,
  gracePeriodSeconds?: number,
): Promise<void> {
  await remove(executor, Pods, pod, gracePeriodSeconds);
  if (pod.metadata.uid !== undefined) executor.ending.add(pod.metadata.uid);
  executor.events.record(executor.cluster, {
    type: 'Normal',
    reason: 'Restarted',
    action: 'Restart',
    note: `Pod ${pod.metadata.name}: ${why}`,
  });
}

export async function markPods(executor: Executor, marks: readonly PodMark[]): Promise<readonly Failure[]> {
  const failures = await settle(
    marks.map(({ pod, intent, subresource }) =>
      executor.applier.apply(Pods, intent, {
        observed: pod,
        ...callOptions(executor),
        ...(subresource === undefined ? {} : { subresource }),
      }),
    ),
  );
  // The pod went away in between, or another one took its name: it will be marked when it is seen.
  return failures
    .filter((error) => !isKubeError(error, 'NotFound', 'Conflict') && !isOfAnother(error))
    .map((error) => ({ error }));
}

/** The server's word for an apply that names the uid of an object whose name another one has now. */
function isOfAnother(error: unknown): boolean {
  return isKubeError(error, 'Invalid') && error.causes.some(({ field }) => field === 'metadata.uid');
}

/** The claims of these pods that exist; undefined when that could not be found out. */
export async function claimsOf(
  executor: Reader,
  pods: readonly string[],
): Promise<readonly PersistentVolumeClaim[] | undefined> {
  try {
    const found = await Promise.all(
      pods.map((pod) =>
        executor.client.get(PersistentVolumeClaims, keyIn(executor, claimName(pod)), callOptions(executor)),
      ),
    );
    return found.filter((claim) => claim !== undefined);
  } catch {
    return undefined;
  }
}
