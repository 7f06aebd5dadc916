/** RocketMQ without JVMs: fake servers that speak the real protocol over TCP. */
export { FakeCluster, type FakeClusterShape } from './cluster.ts';
