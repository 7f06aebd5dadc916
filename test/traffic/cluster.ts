/** The cluster that traffic goes to: its spec in small, its topic and its reader. */
import { ConsumerGroups, Topics, type RocketMQClusterInput } from '../../operator/src/api/mod.ts';
import type { KubeApi } from '../../operator/src/kube/mod.ts';
import { createCluster, intent, waitReady } from '../e2e/harness/kube.ts';
import { READER } from '../e2e/harness/probe/pull.ts';
import { small, SMALL_FILES } from '../e2e/harness/small.ts';
import { clusterQuestion, type Shape } from '../e2e/harness/topology.ts';
import type { TrafficQuestion } from './probe/protocol.ts';

/** Not like a cluster: RocketMQ has a topic of that name itself. */
const TOPIC = 'numbered';
const QUEUES = 8;
const SEND_TIMEOUT_MS = 3_000;
/** Of all groups together. */
export const PER_SECOND = 500;

export const MIN_IN_SYNC = 2;

/** Name servers, controllers and proxies that survive the loss of one, and groups that promise two members in sync. */
export function trafficSpec(shape: Shape & { readonly controllers: 3 }): RocketMQClusterInput {
  return {
    nameServers: { replicas: shape.nameServers, resources: small('25m', '256Mi', '384Mi') },
    controllers: {
      replicas: shape.controllers,
      storage: { size: '1Gi' },
      resources: small('300m', '256Mi', '448Mi'),
    },
    brokers: {
      replicas: shape.members,
      minInSyncReplicas: MIN_IN_SYNC,
      groups: shape.groups.map((name) => ({ name })),
      storage: { size: '2Gi' },
      resources: small('50m', '640Mi', '896Mi'),
      config: { ...SMALL_FILES, enableCompaction: 'false' },
    },
    proxy: { replicas: shape.proxies, resources: small('50m', '320Mi', '512Mi') },
  };
}

/** Applies the cluster with its topic and reader, and waits until all of it is Ready. */
export async function raiseCluster(kube: KubeApi, shape: Shape, spec: RocketMQClusterInput): Promise<void> {
  const { namespace, name } = shape;
  await createCluster(kube, shape, spec, 600_000);
  const topic = { namespace, name: TOPIC };
  await kube.apply(
    Topics,
    intent(Topics, topic, { spec: { clusterRef: { name }, type: 'Normal', queuesPerBroker: QUEUES } }),
  );
  await waitReady(kube, Topics, topic, 60_000);
  const reader = { namespace, name: READER };
  await kube.apply(ConsumerGroups, intent(ConsumerGroups, reader, { spec: { clusterRef: { name } } }));
  await waitReady(kube, ConsumerGroups, reader, 60_000);
}

/** @param run prefix of the bodies, another one for each run */
export function trafficQuestion(shape: Shape, run: string, perSecond = PER_SECOND): TrafficQuestion {
  return {
    cluster: clusterQuestion(shape),
    proxy: `${shape.name}-proxy.${shape.namespace}.svc.cluster.local:8080`,
    topic: TOPIC,
    queues: QUEUES,
    run,
    perSecond,
    sendTimeoutMs: SEND_TIMEOUT_MS,
  };
}
