/** RocketMQ without JVMs: fake servers that speak the real protocol over TCP. */
export type { FakeAccess } from './access.ts';
export { FakeCluster, type FakeClusterShape } from './cluster.ts';
export { ControllerStore, LiveCluster, type FakeProcess } from './live-cluster.ts';
export { BrokerStore } from './broker-store.ts';
export { FakeProxy } from './proxy.ts';
export type { Fate } from './remoting-server.ts';
