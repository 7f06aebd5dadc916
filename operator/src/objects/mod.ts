/** The one loop for everything that lives on brokers: observe → diff → apply → verify. */
export { ObjectEngine } from './engine.ts';
export type { ClusterView, Declaration, Difference, ObjectKind } from './kind.ts';
export { objectMetrics } from './metrics.ts';
export type { StatusApi } from './status-writer.ts';
export type { RocketmqServers } from './topology.ts';
export { watchClusters } from './wake.ts';
