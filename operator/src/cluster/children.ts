/** The children of clusters, as the informers hold them. */
import type { RocketMQCluster } from '../api/mod.ts';
import {
  Deployments,
  Informer,
  isControlledBy,
  NetworkPolicies,
  PodDisruptionBudgets,
  Pods,
  Secrets,
  Services,
  StatefulSets,
  type Clock,
  type Deployment,
  type InformerFace,
  type KubeApi,
  type KubeObject,
  type Logger,
  type NetworkPolicy,
  type Pod,
  type PodDisruptionBudget,
  type Random,
  type ResourceType,
  type Secret,
  type Service,
  type StatefulSet,
} from '../kube/mod.ts';
import { managedBy } from './labels.ts';

export interface ChildInformers {
  readonly pods: InformerFace<Pod>;
  readonly statefulSets: InformerFace<StatefulSet>;
  readonly deployments: InformerFace<Deployment>;
  readonly services: InformerFace<Service>;
  readonly secrets: InformerFace<Secret>;
  readonly disruptionBudgets: InformerFace<PodDisruptionBudget>;
  readonly networkPolicies: InformerFace<NetworkPolicy>;
}

const clusterIndex = 'cluster';

/** `namespace/name` of the cluster that an object says it belongs to. */
export function clusterKeyOf(object: KubeObject): string | undefined {
  const instance = object.metadata.labels?.['app.kubernetes.io/instance'];
  return instance === undefined ? undefined : `${object.metadata.namespace ?? ''}/${instance}`;
}

/** Informers of everything that the operator makes for clusters; the caller runs them. */
export function createChildInformers(options: {
  readonly client: KubeApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}): { readonly [K in keyof ChildInformers]: Informer<ObjectOf<ChildInformers[K]>> } {
  const labelSelector = Object.entries(managedBy)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const informer = <T extends KubeObject>(type: ResourceType<T>): Informer<T> =>
    new Informer<T>({
      ...options,
      type,
      labelSelector,
      indexes: {
        [clusterIndex]: (object) => {
          const key = clusterKeyOf(object);
          return key === undefined ? [] : [key];
        },
      },
    });
  return {
    pods: informer(Pods),
    statefulSets: informer(StatefulSets),
    deployments: informer(Deployments),
    services: informer(Services),
    secrets: informer(Secrets),
    disruptionBudgets: informer(PodDisruptionBudgets),
    networkPolicies: informer(NetworkPolicies),
  };
}

type ObjectOf<I> = I extends InformerFace<infer T> ? T : never;

export interface Children {
  readonly pods: ReadonlyMap<string, Pod>;
  readonly statefulSets: ReadonlyMap<string, StatefulSet>;
  readonly deployments: ReadonlyMap<string, Deployment>;
  readonly services: ReadonlyMap<string, Service>;
  readonly secrets: ReadonlyMap<string, Secret>;
  readonly disruptionBudgets: ReadonlyMap<string, PodDisruptionBudget>;
  readonly networkPolicies: ReadonlyMap<string, NetworkPolicy>;
}

/** By name. Objects of an earlier cluster of the same name are left out: they are on their way to collection. */
export function childrenOf(cluster: RocketMQCluster, informers: ChildInformers, key: string): Children {
  const own = <T extends KubeObject>(informer: InformerFace<T>): ReadonlyMap<string, T> =>
    new Map(
      informer.store
        .byIndex(clusterIndex, key)
        .filter((object) => isControlledBy(object, cluster))
        .map((object) => [object.metadata.name, object]),
    );
  return {
    // Pods belong to the StatefulSets, so the labels have to do.
    pods: new Map(informers.pods.store.byIndex(clusterIndex, key).map((pod) => [pod.metadata.name, pod])),
    statefulSets: own(informers.statefulSets),
    deployments: own(informers.deployments),
    services: own(informers.services),
    secrets: own(informers.secrets),
    disruptionBudgets: own(informers.disruptionBudgets),
    networkPolicies: own(informers.networkPolicies),
  };
}
