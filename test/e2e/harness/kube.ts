/** The API server as the tests see it, and the few questions that every test asks. */
import { KubeConfig } from '@kubernetes/client-node';
import type { RocketMQCluster, RocketMQClusterInput } from '../../../operator/src/api/mod.ts';
import { RocketMQClusters } from '../../../operator/src/api/mod.ts';
import {
  apiVersionOf,
  KubeClient,
  listAll,
  Namespaces,
  Pods,
  type ApplyIntent,
  type KubeApi,
  type KubeObject,
  type ObjectKey,
  type Pod,
  type ResourceType,
} from '../../../operator/src/kube/mod.ts';
import { condition, describeConditions } from './conditions.ts';
import { diagnose } from './diagnose.ts';
import { waitFor } from './wait.ts';

export { listAll };

/** Connects with KUBECONFIG, which the test ground sets. */
export function connect(): KubeApi {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  return new KubeClient({ kubeConfig, fieldManager: 'gantry-e2e' });
}

/** An object of a kind, ready to be created or applied. */
export function intent(
  type: ResourceType,
  key: ObjectKey,
  rest: Readonly<Record<string, unknown>>,
): ApplyIntent & Readonly<Record<string, unknown>> {
  return {
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    metadata: { name: key.name, ...(key.namespace === '' ? {} : { namespace: key.namespace }) },
    ...rest,
  };
}

/** True only when the condition speaks about the spec as it is now. */
export function isReady(object: KubeObject | undefined): boolean {
  if (object === undefined) return false;
  const ready = condition(object, 'Ready');
  return ready?.status === 'True' && ready.observedGeneration === object.metadata.generation;
}

/** @returns the object as it was when it was first seen Ready */
export async function waitReady<T extends KubeObject>(
  kube: KubeApi,
  type: ResourceType<T>,
  key: ObjectKey,
  deadlineMs: number,
  tolerate = false,
): Promise<T> {
  return waitFor({
    what: `${type.kind} ${key.namespace}/${key.name} to be Ready`,
    deadlineMs,
    everyMs: 200,
    tolerate,
    look: async () => {
      const object = await kube.get(type, key);
      return object !== undefined && isReady(object)
        ? { done: object }
        : { pending: object === undefined ? 'no such object' : describeConditions(object) };
    },
    diagnose: () => diagnose(kube, key.namespace),
  });
}

export const waitClusterReady = (
  kube: KubeApi,
  key: ObjectKey,
  deadlineMs: number,
): Promise<RocketMQCluster> => waitReady(kube, RocketMQClusters, key, deadlineMs);

/** Applies a cluster in a namespace of its own. @returns it as it was when it was first seen Ready */
export async function createCluster(
  kube: KubeApi,
  key: ObjectKey,
  spec: RocketMQClusterInput,
  deadlineMs = 300_000,
): Promise<RocketMQCluster> {
  const { namespace, name } = key;
  await ensureNamespace(kube, namespace);
  await kube.apply(RocketMQClusters, intent(RocketMQClusters, { namespace, name }, { spec }));
  return waitClusterReady(kube, key, deadlineMs);
}

export async function ensureNamespace(kube: KubeApi, name: string): Promise<void> {
  await kube.apply(Namespaces, intent(Namespaces, { namespace: '', name }, {}));
}

/** Waits until the namespace and everything in it are gone. */
export async function deleteNamespace(kube: KubeApi, name: string, deadlineMs = 300_000): Promise<void> {
  await kube.delete(Namespaces, { namespace: '', name });
  await waitFor({
    what: `namespace ${name} to be gone`,
    deadlineMs,
    tolerate: true,
    look: async () => {
      const left = await kube.get(Namespaces, { namespace: '', name });
      return left === undefined
        ? { done: true }
        : { pending: JSON.stringify(left.status?.conditions ?? left.status) };
    },
    diagnose: () => diagnose(kube, name),
  });
}

/** Pod uid by pod name. */
export async function podUids(kube: KubeApi, namespace: string): Promise<ReadonlyMap<string, string>> {
  const pods = await listAll(kube, Pods, namespace);
  return new Map(pods.map((pod) => [pod.metadata.name, pod.metadata.uid ?? '']));
}

export function isPodReady(pod: Pod | undefined): boolean {
  return pod?.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true;
}
