/** What a kubelet says of a pod. */
import { toKubeTime, type ApplyIntent, type Pod } from '../../operator/src/kube/mod.ts';

/** One container through its restarts. */
export interface ContainerState {
  readonly restarts: number;
  readonly startedAtMs: number;
  /** The run that ended last. */
  readonly lastRun?: { readonly fromMs: number; readonly toMs: number };
  readonly isRunning: boolean;
  /** Since when it has been as it is now. */
  readonly sinceMs: number;
}

export function firstStart(nowMs: number): ContainerState {
  return { restarts: 0, startedAtMs: nowMs, isRunning: true, sinceMs: nowMs };
}

export function ended(state: ContainerState, nowMs: number): ContainerState {
  const lastRun = { fromMs: state.startedAtMs, toMs: nowMs };
  return { ...state, lastRun, isRunning: false, sinceMs: nowMs };
}

export function startedAgain(state: ContainerState, nowMs: number): ContainerState {
  return { ...state, restarts: state.restarts + 1, startedAtMs: nowMs, isRunning: true, sinceMs: nowMs };
}

/** Nothing when the pod says all of that already. */
export function statusOf(pod: Pod, address: string, container: ContainerState): ApplyIntent | undefined {
  const gates = (pod.spec?.readinessGates ?? []).map(({ conditionType }) => conditionIs(pod, conditionType));
  const isReady = container.isRunning && gates.every((gate) => gate === 'True');
  const conditions = [
    // A scheduler that found no node for it may say so after it was bound.
    condition(pod, 'PodScheduled', true, container.startedAtMs),
    condition(pod, 'Initialized', true, container.startedAtMs),
    condition(pod, 'ContainersReady', container.isRunning, container.sinceMs),
    condition(pod, 'Ready', isReady, Date.now()),
  ];
  const told = pod.status?.containerStatuses?.[0];
  const known =
    pod.status?.podIP === address &&
    told?.restartCount === container.restarts &&
    told.ready === container.isRunning &&
    conditions.every(({ type, status }) => conditionIs(pod, type) === status);
  if (known) return undefined;
  return intentOf(pod, {
    phase: 'Running',
    podIP: address,
    podIPs: [{ ip: address }],
    startTime: toKubeTime(container.startedAtMs),
    conditions,
    containerStatuses: [containerStatus(pod, container)],
  });
}

export function imageOf(pod: Pod): string {
  return pod.spec?.containers[0]?.image ?? '';
}

/** Of a pod whose image no registry has. Nothing when the pod says so already. */
export function statusWithoutImage(pod: Pod): ApplyIntent | undefined {
  const reason = 'ImagePullBackOff';
  if (pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === reason) return undefined;
  const nowMs = Date.now();
  const image = imageOf(pod);
  const waiting = { reason, message: `Back-off pulling image "${image}": not found` };
  return intentOf(pod, {
    phase: 'Pending',
    startTime: toKubeTime(nowMs),
    conditions: [
      condition(pod, 'PodScheduled', true, nowMs),
      condition(pod, 'Initialized', true, nowMs),
      condition(pod, 'ContainersReady', false, nowMs),
      condition(pod, 'Ready', false, nowMs),
    ],
    containerStatuses: [
      {
        name: pod.spec?.containers[0]?.name ?? '',
        image,
        imageID: '',
        restartCount: 0,
        ready: false,
        started: false,
        state: { waiting },
      },
    ],
  });
}

function intentOf(pod: Pod, status: object): ApplyIntent {
  const { name, namespace = '', uid = '' } = pod.metadata;
  const intent = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name, uid }, status };
  return intent;
}

function condition(pod: Pod, type: string, is: boolean, sinceMs: number) {
  const status = is ? 'True' : 'False';
  const old = pod.status?.conditions?.find((each) => each.type === type);
  const lastTransitionTime =
    old?.status === status && old.lastTransitionTime !== undefined
      ? old.lastTransitionTime
      : toKubeTime(sinceMs);
  return { type, status, lastTransitionTime };
}

function conditionIs(pod: Pod, type: string): string | undefined {
  return pod.status?.conditions?.find((each) => each.type === type)?.status;
}

function containerStatus(pod: Pod, container: ContainerState): object {
  const { name = '', image = '' } = pod.spec?.containers[0] ?? {};
  const { lastRun, isRunning, startedAtMs, restarts } = container;
  const terminated = lastRun && {
    terminated: {
      exitCode: 137,
      reason: 'Error',
      startedAt: toKubeTime(lastRun.fromMs),
      finishedAt: toKubeTime(lastRun.toMs),
    },
  };
  return {
    name,
    image,
    imageID: image,
    restartCount: restarts,
    ready: isRunning,
    started: isRunning,
    state: isRunning ? { running: { startedAt: toKubeTime(startedAtMs) } } : terminated,
    ...(isRunning && terminated !== undefined ? { lastState: terminated } : {}),
  };
}
