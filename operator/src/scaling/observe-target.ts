/** Looks at the workload whose replicas are set. */
import {
  Deployments,
  isKubeError,
  StatefulSets,
  type Clock,
  type KubeApi,
  type Pod,
  type Scale,
} from '../kube/mod.ts';
import type { PodWatches } from './pod-watches.ts';
import type { Rivals } from './rivals.ts';
import { scaleTypeOf, type TargetRef, type Workload } from './target.ts';

const TIMEOUT_MS = 5_000;
const LISTED_MS = 15_000;
const PAUSE_MS = 50;

export interface HeardTarget {
  readonly kind: 'Found';
  readonly scale: Scale;
  readonly workload: Workload;
  readonly pods: readonly Pod[];
  readonly rivals: readonly string[];
}

/** Nothing can be decided, and nothing is written. */
export interface TargetTrouble {
  readonly kind: 'Trouble';
  readonly reason: 'TargetNotFound' | 'TargetForbidden' | 'DataIncomplete';
  readonly message: string;
}

export interface TargetDeps {
  readonly api: Pick<KubeApi, 'get'>;
  readonly clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
  readonly pods: Pick<PodWatches, 'of'>;
  readonly rivals: Pick<Rivals, 'of'>;
}

/** @throws only the signal's reason, and what is no KubeError */
export async function observeTarget(
  deps: TargetDeps,
  namespace: string,
  target: TargetRef,
  signal: AbortSignal,
): Promise<HeardTarget | TargetTrouble> {
  try {
    const [scale, workload, rivals] = await Promise.all([
      scaleOf(deps.api, namespace, target, signal),
      workloadOf(deps.api, namespace, target, signal),
      deps.rivals.of(namespace, target),
    ]);
    if (scale === undefined || workload === undefined) {
      const message = `there is no ${target.kind} ${target.name} (${target.apiVersion}) in the namespace, or it has no subresource scale`;
      return { kind: 'Trouble', reason: 'TargetNotFound', message };
    }
    const selector = scale.status?.selector ?? '';
    if (selector === '') {
      const message = `the subresource scale of ${target.kind} ${target.name} names no selector of pods`;
      return { kind: 'Trouble', reason: 'TargetNotFound', message };
    }
    const pods = await listed(deps, namespace, selector, signal);
    if (pods === undefined)
      return {
        kind: 'Trouble',
        reason: 'DataIncomplete',
        message: 'the pods of the target are not listed yet',
      };
    return { kind: 'Found', scale, workload, pods, rivals };
  } catch (error) {
    signal.throwIfAborted();
    if (!isKubeError(error)) throw error;
    const { code, message } = error;
    return code === 'Forbidden'
      ? { kind: 'Trouble', reason: 'TargetForbidden', message }
      : { kind: 'Trouble', reason: 'DataIncomplete', message: `the API server does not tell: ${message}` };
  }
}

async function scaleOf(
  api: Pick<KubeApi, 'get'>,
  namespace: string,
  target: TargetRef,
  signal: AbortSignal,
): Promise<Scale | undefined> {
  const options = { subresource: 'scale', signal, timeoutMs: TIMEOUT_MS } as const;
  return api.get(scaleTypeOf(target), { namespace, name: target.name }, options);
}

/** @returns undefined: it is gone */
async function workloadOf(
  api: Pick<KubeApi, 'get'>,
  namespace: string,
  { apiVersion, kind, name }: TargetRef,
  signal: AbortSignal,
): Promise<Workload | undefined> {
  const key = { namespace, name };
  const options = { signal, timeoutMs: TIMEOUT_MS };
  if (apiVersion !== 'apps/v1') return { kind: 'Other' };
  if (kind === 'Deployment') {
    const object = await api.get(Deployments, key, options);
    return object === undefined ? undefined : { kind, object };
  }
  if (kind === 'StatefulSet') {
    const object = await api.get(StatefulSets, key, options);
    return object === undefined ? undefined : { kind, object };
  }
  return { kind: 'Other' };
}

/** The first look at a target waits for its pods; it would have nothing to decide by otherwise. */
async function listed(
  { clock, pods }: TargetDeps,
  namespace: string,
  selector: string,
  signal: AbortSignal,
): Promise<readonly Pod[] | undefined> {
  const endsAtMs = clock.monotonicMs() + LISTED_MS;
  for (;;) {
    const found = pods.of(namespace, selector);
    if (found !== undefined || clock.monotonicMs() >= endsAtMs) return found;
    await clock.sleep(PAUSE_MS, signal);
  }
}
