/** What a pod's own status says. Nothing here asks RocketMQ. */
import type { Pod } from '../kube/mod.ts';
import { revisionAnnotation } from './labels.ts';

/**
 * - `Missing`: there is no pod.
 * - `Terminating`: it is on its way out.
 * - `Pending`: no container runs yet, and nothing says that none will.
 * - `Down`: it will not run as it is: no node, no image, or a container that ends again and again. Stopping it costs
 *   nothing.
 * - `Starting`: the process runs and is not ready.
 * - `Up`: the process is ready as far as Kubernetes can see.
 */
export type PodPhase = 'Missing' | 'Terminating' | 'Pending' | 'Down' | 'Starting' | 'Up';

type PodCondition = NonNullable<NonNullable<Pod['status']>['conditions']>[number];
export type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];

export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

export function containerStatus(pod: Pod): ContainerStatus | undefined {
  return pod.status?.containerStatuses?.[0];
}

/** Name of the sidecar of a broker. */
export const guardName = 'guard';

/** Of the sidecar of a broker: its process starts only once that one runs. */
export function guardStatus(pod: Pod): ContainerStatus | undefined {
  return pod.status?.initContainerStatuses?.find(({ name }) => name === guardName);
}

/** Why a container waits whose image cannot be had. */
export const imageReasons: ReadonlySet<string> = new Set([
  'ImagePullBackOff',
  'ErrImagePull',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
  'RegistryUnavailable',
]);

/** Why a container waits that cannot be started. */
export const startReasons: ReadonlySet<string> = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

/** A process that ended sooner than this after its start did not get going. */
const shortLivedMs = 60_000;

/**
 * Ends soon after each start. A process that ran for long and was killed is not crashing: it just starts again.
 */
export function isCrashing(status: ContainerStatus): boolean {
  if (status.ready) return false;
  if (status.state?.waiting?.reason === 'CrashLoopBackOff') return true;
  // It got going; what lastState tells is of a process long before it.
  if (status.state?.running !== undefined && status.started === true) return false;
  const ended = status.state?.terminated ?? status.lastState?.terminated;
  if (ended?.startedAt === undefined || ended.finishedAt === undefined) return false;
  return Date.parse(ended.finishedAt) - Date.parse(ended.startedAt) < shortLivedMs;
}

export function podPhase(pod: Pod | undefined): PodPhase {
  if (pod === undefined) return 'Missing';
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating';
  const status = containerStatus(pod);
  if (status !== undefined && isCrashing(status)) return 'Down';
  if (status?.state?.running === undefined) return willNotStart(pod, status) ? 'Down' : 'Pending';
  return podCondition(pod, 'ContainersReady')?.status === 'True' ? 'Up' : 'Starting';
}

function willNotStart(pod: Pod, status: ContainerStatus | undefined): boolean {
  const reasons = [status, guardStatus(pod)].map((each) => each?.state?.waiting?.reason ?? '');
  return (
    reasons.some((reason) => imageReasons.has(reason) || startReasons.has(reason)) || isUnschedulable(pod)
  );
}

export function isUnschedulable(pod: Pod): boolean {
  const scheduled = podCondition(pod, 'PodScheduled');
  return scheduled?.status === 'False' && scheduled.reason === 'Unschedulable';
}

/** Another one after each start of the container. */
export function processOf(pod: Pod): string {
  return `${pod.metadata.uid ?? ''}/${containerStatus(pod)?.restartCount ?? 0}`;
}

export function podRevision(pod: Pod | undefined): string | undefined {
  return pod?.metadata.annotations?.[revisionAnnotation];
}

/** How long a condition of the pod has been True without a break; 0 when it is not. */
export function trueForMs(pod: Pod | undefined, type: string, nowMs: number): number {
  return heldForMs(pod, type, 'True', nowMs);
}

/** How long a condition of the pod has had a status without a break; 0 when it has another, or none. */
export function heldForMs(
  pod: Pod | undefined,
  type: string,
  status: 'True' | 'False',
  nowMs: number,
): number {
  const condition = pod === undefined ? undefined : podCondition(pod, type);
  if (condition?.status !== status || condition.lastTransitionTime === undefined) return 0;
  return Math.max(0, nowMs - Date.parse(condition.lastTransitionTime));
}

export function isReady(pod: Pod | undefined): boolean {
  return pod !== undefined && podCondition(pod, 'Ready')?.status === 'True';
}

/** Made before a moment in epoch milliseconds; Kubernetes counts in seconds. */
export function isOlder(pod: Pod | undefined, momentMs: number | undefined): boolean {
  const made = pod?.metadata.creationTimestamp;
  return made !== undefined && momentMs !== undefined && Date.parse(made) < momentMs;
}
