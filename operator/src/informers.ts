/** Every watch of the process, one a kind, shared by all controllers. */
import { ConsumerGroups, RocketMQClusters, Topics } from './api/mod.ts';
import { createChildInformers, createNodeInformer } from './cluster/mod.ts';
import { Informer } from './kube/mod.ts';
import type { Clock, KubeApi, KubeObject, Logger, Random, ResourceType } from './kube/mod.ts';
import { createNamespaceInformer } from './objects/mod.ts';
import { createUserInformers } from './user/mod.ts';

interface InformerDeps {
  readonly client: KubeApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export function createInformers(deps: InformerDeps) {
  const all = <T extends KubeObject>(type: ResourceType<T>): Informer<T> => new Informer({ ...deps, type });
  return {
    clusters: all(RocketMQClusters),
    topics: all(Topics),
    groups: all(ConsumerGroups),
    namespaces: createNamespaceInformer(deps),
    nodes: createNodeInformer(deps),
    ...createUserInformers(deps),
    ...createChildInformers(deps),
  } as const;
}
