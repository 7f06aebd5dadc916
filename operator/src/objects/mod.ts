/** The one loop for everything that lives on brokers: observe → diff → apply → verify. */
export { ObjectEngine, type EngineDeps } from './engine.ts';
export type { ClusterView, Declaration, DeclaredObject, Difference, ObjectKind } from './kind.ts';
export { objectMetrics } from './metrics.ts';
export type { RocketmqServers } from './topology.ts';
export { watchClusters } from './wake.ts';
