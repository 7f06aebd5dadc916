/** The one loop for everything that lives on brokers: observe → diff → apply → verify. */
export { createObjectController, type ObjectControllerDeps } from './controller.ts';
export { firstLine, isSilence } from './answer.ts';
export { consentTo, whyNotItsOwn, type NamespaceLookup } from './consent.ts';
export { forEachLimited } from './concurrency.ts';
export type {
  Closed,
  ClusterView,
  Declaration,
  DeclaredObject,
  DeclaredStatus,
  Deletion,
  DeletionGuard,
  Details,
  Difference,
  DrainCalls,
  Lack,
  ObjectKind,
  RemovalCalls,
} from './kind.ts';
export { createNamespaceInformer, lookUpIn, watchNamespaces } from './namespaces.ts';
export { objectMetrics } from './metrics.ts';
export { namesOfPlaces } from './places.ts';
export { readersOn } from './readers.ts';
export { ADMIN_CALLS_IN_FLIGHT, refusalsOf } from './refusals.ts';
export { isSettled } from './status.ts';
export { observeTopology, readable, type Master, type RocketmqServers } from './topology.ts';
export { unreadable } from './unreadable.ts';
export { trackClusters, type ClusterObject } from './wake.ts';
