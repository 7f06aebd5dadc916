/** A node without containers: its kubelet runs fake RocketMQ processes for the pods of a real API server. */
export { BROKER_NAME, MEMBERS, specOn } from './cluster-spec.ts';
export { FakeKubelet } from './kubelet.ts';
export { FakeNode } from './node.ts';
export { CLUSTER_DOMAIN, PodAddresses, RESOLVE_PODS } from './pod-addresses.ts';
export { startProcess, Volumes } from './pod-processes.ts';
