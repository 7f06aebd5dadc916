/** The cluster that chaos is done to: as small as three members of two groups and the promise of two in sync allow. */
import {
  ConsumerGroups,
  RocketMQClusters,
  Topics,
  type RocketMQClusterInput,
} from '../../operator/src/api/mod.ts';
import type { KubeApi } from '../../operator/src/kube/mod.ts';
import { ensureNamespace, intent, waitClusterReady, waitReady } from '../e2e/harness/kube.ts';
import { READER } from '../e2e/harness/probe/pull.ts';
import { small, SMALL_FILES } from '../e2e/harness/small.ts';
import type { Shape } from '../e2e/harness/topology.ts';
import type { PlanShape } from './plan/faults.ts';

export const CHAOS = {
  namespace: 'chaos',
  name: 'chaos',
  nameServers: 3,
  controllers: 3,
  groups: ['broker-a', 'broker-b'],
  members: 3,
  proxies: 2,
} as const satisfies Shape;

/** The member that gets a size-limited volume. */
export const LIMITED = { group: 'broker-a', pod: 'chaos-broker-a-1-0' } as const;

/** Not like the cluster: RocketMQ has a topic of that name itself. */
export const TOPIC = 'numbered';
export const QUEUES = 8;
export const PROXY = `${CHAOS.name}-proxy.${CHAOS.namespace}.svc.cluster.local:8080`;

const MIN_IN_SYNC = 2;

export const planShape = (workers: number): PlanShape => ({
  groups: CHAOS.groups,
  members: CHAOS.members,
  minInSync: MIN_IN_SYNC,
  controllers: CHAOS.controllers,
  workers,
  limitedGroup: LIMITED.group,
});

const spec: RocketMQClusterInput = {
  nameServers: { replicas: CHAOS.nameServers, resources: small('25m', '256Mi', '384Mi') },
  controllers: {
    replicas: CHAOS.controllers,
    storage: { size: '1Gi' },
    resources: small('100m', '256Mi', '448Mi'),
    // Snapshots belong to what has to survive; every hour otherwise.
    config: { jRaftSnapshotIntervalSecs: '60' },
  },
  brokers: {
    replicas: CHAOS.members,
    minInSyncReplicas: MIN_IN_SYNC,
    groups: CHAOS.groups.map((name) => ({ name })),
    storage: { size: '2Gi' },
    resources: small('50m', '640Mi', '896Mi'),
    config: {
      ...SMALL_FILES,
      enableCompaction: 'false',
      // A full disk has to refuse: by default RocketMQ makes room with the oldest messages, read or not.
      cleanFileForciblyEnable: 'false',
    },
  },
  proxy: { replicas: CHAOS.proxies, resources: small('50m', '320Mi', '512Mi') },
};

/** Applies the cluster with its topic and reader, and waits until all of it is Ready. */
export async function raiseCluster(kube: KubeApi): Promise<void> {
  const { namespace, name } = CHAOS;
  await ensureNamespace(kube, namespace);
  await kube.apply(RocketMQClusters, intent(RocketMQClusters, CHAOS, { spec }));
  await waitClusterReady(kube, CHAOS, 600_000);
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
