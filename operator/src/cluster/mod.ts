/** RocketMQCluster: everything that a cluster is made of, kept true. */
export { clusterView, type ClusterView, type Endpoints } from './addresses.ts';
export { createChildInformers, type ChildInformers } from './children.ts';
export { createNodeInformer } from './nodes.ts';
export { createClusterController, type ClusterController } from './controller.ts';
export { type ClusterControllerDeps } from './deps.ts';
export { failoverMetrics } from './failover-metrics.ts';
export {
  credentialsSecretName,
  innerCredentials,
  readCredentials,
  type RandomBytes,
} from './resources/credentials-secret.ts';
