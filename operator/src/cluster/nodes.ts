/** Which nodes are about to be emptied. */
import {
  Informer,
  Nodes,
  type Clock,
  type KubeApi,
  type Logger,
  type Node,
  type Random,
} from '../kube/mod.ts';

/** Taints by which the cluster autoscaler and Karpenter announce that they are going to remove a node. */
const departureTaints: ReadonlySet<string> = new Set([
  'ToBeDeletedByClusterAutoscaler',
  'karpenter.sh/disrupted',
  'karpenter.sh/disruption',
]);

/** Cordoned, or tainted by what is going to remove it. Nobody can tell a cordon from the beginning of a drain. */
export function isDeparting({ spec }: Pick<Node, 'spec'>): boolean {
  return spec?.unschedulable === true || (spec?.taints ?? []).some(({ key }) => departureTaints.has(key));
}

/** Keeps of each node what {@link isDeparting} reads: their status is large and changes all the time. */
export function createNodeInformer(options: {
  readonly client: KubeApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}): Informer<Node> {
  return new Informer<Node>({
    ...options,
    type: Nodes,
    transform: ({ apiVersion, kind, metadata: { name, resourceVersion }, spec }) => ({
      apiVersion,
      kind,
      metadata: { name, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
      spec: {
        ...(spec?.unschedulable === undefined ? {} : { unschedulable: spec.unschedulable }),
        ...(spec?.taints === undefined ? {} : { taints: spec.taints }),
      },
    }),
  });
}
