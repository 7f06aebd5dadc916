/** RocketMQ without JVMs: fake servers that speak the real protocol over TCP. */
export { FakeCluster, type FakeClusterShape } from './cluster.ts';
export type { FakeBroker } from './broker.ts';
export type { FakeNameServer } from './name-server.ts';
export type { Fault } from './remoting-server.ts';
export type { StoredTopic } from './topic-table.ts';
