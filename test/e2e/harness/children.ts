/** The objects that a cluster owns, and what must be true of them whatever happened on the way. */
import type { RocketMQCluster } from '../../../operator/src/api/mod.ts';
import {
  controllerOf,
  Deployments,
  PersistentVolumeClaims,
  PodDisruptionBudgets,
  Pods,
  Secrets,
  Services,
  StatefulSets,
  type KubeApi,
  type KubeObject,
  type ResourceType,
} from '../../../operator/src/kube/mod.ts';
import { listAll } from './kube.ts';
import { memberPods, type Shape } from './topology.ts';

/** Every kind of object that the operator makes for a cluster. */
export const CHILD_TYPES: readonly ResourceType[] = [
  StatefulSets,
  Deployments,
  Services,
  Secrets,
  PodDisruptionBudgets,
];

/** A chart may use the same instance label for things of its own. */
export const instance = (name: string): string =>
  `app.kubernetes.io/instance=${name},app.kubernetes.io/managed-by=gantry`;

export function childrenOf(
  kube: KubeApi,
  type: ResourceType,
  shape: Pick<Shape, 'namespace' | 'name'>,
): Promise<readonly KubeObject[]> {
  return listAll(kube, type, shape.namespace, instance(shape.name));
}

/** `StatefulSet/exchange-nameserver` and so on, sorted. */
export async function childNames(
  kube: KubeApi,
  shape: Pick<Shape, 'namespace' | 'name'>,
): Promise<readonly string[]> {
  const lists = await Promise.all(CHILD_TYPES.map((type) => childrenOf(kube, type, shape)));
  return lists
    .flat()
    .map((child) => `${child.kind}/${child.metadata.name}`)
    .toSorted();
}

/**
 * What is wrong with the children of a cluster, in words; nothing when all is well:
 * each belongs to this very cluster, the workloads and Services are those that the names rule asks for, and every
 * configuration Secret is used by a workload.
 */
export async function problemsOf(
  kube: KubeApi,
  shape: Shape,
  cluster: RocketMQCluster,
): Promise<readonly string[]> {
  const lists = await Promise.all(CHILD_TYPES.map((type) => childrenOf(kube, type, shape)));
  const strangers = lists
    .flat()
    .filter((child) => controllerOf(child)?.uid !== cluster.metadata.uid)
    .map((child) => `${child.kind} ${child.metadata.name} is not owned by the cluster`);
  const [sets = [], deployments = [], services = [], secrets = []] = lists.map((list) =>
    list.map((child) => child.metadata.name).toSorted(),
  );
  const used = await usedSecrets(kube, shape);
  return [
    ...strangers,
    ...difference('StatefulSet', expectedSets(shape), sets),
    ...difference('Deployment', [`${shape.name}-proxy`], deployments),
    ...difference(
      'Service',
      ['broker', 'controller', 'nameserver', 'proxy'].map((part) => `${shape.name}-${part}`),
      services,
    ),
    ...difference('Secret', [...used].toSorted(), secrets),
  ];
}

function expectedSets(shape: Shape): readonly string[] {
  const members = shape.groups.flatMap((group) =>
    memberPods(shape, group).map((pod) => pod.replace(/-0$/, '')),
  );
  return [`${shape.name}-nameserver`, `${shape.name}-controller`, ...members].toSorted();
}

/** Secrets that a template names. */
async function usedSecrets(kube: KubeApi, shape: Shape): Promise<ReadonlySet<string>> {
  const [sets, deployments] = await Promise.all([
    listAll(kube, StatefulSets, shape.namespace, instance(shape.name)),
    listAll(kube, Deployments, shape.namespace, instance(shape.name)),
  ]);
  return new Set(
    [...sets, ...deployments].flatMap((workload) =>
      (workload.spec?.template.spec?.volumes ?? []).flatMap((volume) => volume.secret?.secretName ?? []),
    ),
  );
}

function difference(kind: string, expected: readonly string[], actual: readonly string[]): readonly string[] {
  return [
    ...expected.filter((name) => !actual.includes(name)).map((name) => `${kind} ${name} is missing`),
    ...actual.filter((name) => !expected.includes(name)).map((name) => `${kind} ${name} is left over`),
  ];
}

/** What remains of a deleted cluster apart from its volumes; nothing when it is gone. */
export async function remainsOf(
  kube: KubeApi,
  shape: Pick<Shape, 'namespace' | 'name'>,
): Promise<readonly string[]> {
  const pods = await listAll(kube, Pods, shape.namespace, instance(shape.name));
  return [...(await childNames(kube, shape)), ...pods.map((pod) => `Pod/${pod.metadata.name}`)];
}

export async function volumeClaims(kube: KubeApi, namespace: string): Promise<readonly string[]> {
  return (await listAll(kube, PersistentVolumeClaims, namespace))
    .map((claim) => claim.metadata.name)
    .toSorted();
}
