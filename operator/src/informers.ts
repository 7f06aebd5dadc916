/** Every watch of the process, one a kind, shared by all controllers. */
import { ConsumerGroups, RocketMQClusters, Topics } from './api/mod.ts';
import {
  Deployments,
  Informer,
  PersistentVolumeClaims,
  PodDisruptionBudgets,
  Pods,
  Secrets,
  Services,
  StatefulSets,
} from './kube/mod.ts';
import type { Clock, KubeApi, KubeObject, Logger, Random, ResourceType } from './kube/mod.ts';

/** Only what the operator made itself is watched: a cluster's other pods and Secrets are none of its business. */
const OWN_CHILDREN = 'app.kubernetes.io/managed-by=gantry';

export interface InformerDeps {
  readonly client: KubeApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export type Informers = ReturnType<typeof createInformers>;

export function createInformers(deps: InformerDeps) {
  const all = <T extends KubeObject>(type: ResourceType<T>): Informer<T> => new Informer({ ...deps, type });
  const own = <T extends KubeObject>(type: ResourceType<T>): Informer<T> =>
    new Informer({ ...deps, type, labelSelector: OWN_CHILDREN });
  return {
    clusters: all(RocketMQClusters),
    topics: all(Topics),
    groups: all(ConsumerGroups),
    pods: own(Pods),
    services: own(Services),
    secrets: own(Secrets),
    statefulSets: own(StatefulSets),
    deployments: own(Deployments),
    persistentVolumeClaims: own(PersistentVolumeClaims),
    podDisruptionBudgets: own(PodDisruptionBudgets),
  } as const;
}
