import { RocketMQClusters, Topics } from '../../operator/src/api/mod.ts';
import type { ApplyIntent } from '../../operator/src/kube/mod.ts';

export const CLUSTER = 'bench';
export const GROUPS = ['broker-a', 'broker-b'] as const;

const apiVersion = `${Topics.group}/${Topics.version}`;

/** Small files and heaps: the figures are about the operator, not about the brokers' throughput. */
const smallBroker = {
  mappedFileSizeCommitLog: '67108864',
  mappedFileSizeConsumeQueue: '600000',
  mappedFileSizeTimerLog: '8388608',
  maxHashSlotNum: '50000',
  maxIndexNum: '200000',
  enableCompaction: 'false',
  diskMaxUsedSpaceRatio: '95',
};

const resources = (request: string, limit: string) => ({
  requests: { cpu: '25m', memory: request },
  limits: { memory: limit },
});

/** As many servers as the bars are about (2 groups × 3, 3 name servers), or few where real JVMs run on one machine. */
export function benchCluster(namespace: string, size: 'full' | 'small'): ApplyIntent {
  const replicas = size === 'full' ? 3 : 1;
  const intent = {
    apiVersion,
    kind: RocketMQClusters.kind,
    metadata: { namespace, name: CLUSTER },
    spec: {
      version: '5.5.0',
      nameServers: { replicas, resources: resources('256Mi', '384Mi') },
      controllers: { replicas, storage: { size: '1Gi' }, resources: resources('256Mi', '448Mi') },
      brokers: {
        replicas,
        minInSyncReplicas: size === 'full' ? 2 : 1,
        groups: GROUPS.map((name) => ({ name })),
        storage: { size: '2Gi' },
        resources: resources('640Mi', '896Mi'),
        config: smallBroker,
      },
      proxy: { replicas: 1, resources: resources('320Mi', '512Mi') },
    },
  };
  return intent;
}

export function benchTopic(namespace: string, name: string): ApplyIntent {
  const intent = {
    apiVersion,
    kind: Topics.kind,
    metadata: { namespace, name },
    spec: { clusterRef: { name: CLUSTER }, type: 'Normal', queuesPerBroker: 4 },
  };
  return intent;
}
