/** The proxies: a Deployment, whose pods are told from each other only where they have to restart on request. */
import type { Deployment, Pod } from '../kube/mod.ts';
import type { ClusterIdentity } from './addresses.ts';
import type { Children } from './children.ts';
import { componentLabels } from './labels.ts';
import { keptRevision, templateRevision, type Desired } from './plan.ts';
import { heldForMs, isOlder, podPhase, trueForMs } from './pods.ts';
import type { Revision } from './revision.ts';
import { apartWhileHeldMs, holdMs, type Gate } from './rollout.ts';

export interface ProxyView {
  readonly name: string;
  readonly replicas: number;
  readonly deployment: Deployment | undefined;
  /** Those that are not on their way out. */
  readonly pods: readonly Pod[];
  /** Those of them that were asked to restart. */
  readonly requested: readonly Pod[];
  /** It is still made as an earlier spec asked. */
  readonly outdated: boolean;
  /** The revision that it keeps until a maintenance window opens. */
  readonly held?: Revision;
}

export function proxyPods(id: ClusterIdentity, children: Children): readonly Pod[] {
  const key = 'app.kubernetes.io/component';
  const component = componentLabels(id, 'proxy')[key];
  return [...children.pods.values()].filter(({ metadata }) => metadata.labels?.[key] === component);
}

export function proxyView(
  desired: Desired,
  children: Children,
  restartBeforeMs: number | undefined,
  gate: Gate,
  nowMs: number,
): ProxyView {
  const { name, replicas } = desired.workloads.proxy;
  const pods = proxyPods(desired.id, children).filter((pod) => podPhase(pod) !== 'Terminating');
  const requested = pods.filter((pod) => isOlder(pod, restartBeforeMs));
  const deployment = children.deployments.get(name);
  const current = templateRevision(deployment);
  const outdated = current !== undefined && current !== desired.targets.get(name)?.revision.hash;
  const view = { name, replicas, deployment, pods, requested, outdated };
  // One that does not get going may need the change for that.
  const fails = pods.some(
    (pod) => podPhase(pod) === 'Down' || heldForMs(pod, 'Ready', 'False', nowMs) >= apartWhileHeldMs,
  );
  const held = outdated && !gate.open && !fails ? keptRevision(desired, name, current) : undefined;
  return held === undefined ? view : { ...view, held };
}

/** @returns complete when every proxy is ready, and of the template that the Deployment has now */
export function readyProxies({ deployment, replicas }: Pick<ProxyView, 'deployment' | 'replicas'>): {
  readonly complete: boolean;
  readonly ready: number;
} {
  const { status } = deployment ?? {};
  const current =
    status?.observedGeneration === deployment?.metadata.generation && deployment?.spec?.replicas === replicas;
  const [updated, available, all] = [
    status?.updatedReplicas ?? 0,
    status?.availableReplicas ?? 0,
    status?.replicas ?? 0,
  ];
  return {
    complete: current && updated === replicas && available === replicas && all === replicas,
    ready: Math.min(available, updated),
  };
}

/**
 * One at a time, while all of them are there, and the last one for a while: clients go to another one meanwhile. The
 * pods are asked too, since the counts of the Deployment follow them only after a moment.
 */
export function proxyToRestart(proxy: ProxyView, nowMs: number): Pod | undefined {
  const { pods, replicas, requested } = proxy;
  const steady = pods.filter((pod) => trueForMs(pod, 'Ready', nowMs) >= holdMs).length;
  return readyProxies(proxy).complete && steady >= replicas ? requested[0] : undefined;
}
