import { parseCluster, type RocketMQCluster, type RocketMQClusterInput } from '../../api/mod.ts';

/** A cluster as the API server would hold it: defaults applied, a uid given. */
export function clusterOf(
  spec: Partial<RocketMQClusterInput> = {},
  metadata: Partial<RocketMQCluster['metadata']> = {},
): RocketMQCluster {
  const parsed = parseCluster({
    apiVersion: 'rocketmq.gantry.dev/v1beta1',
    kind: 'RocketMQCluster',
    metadata: {
      name: 'exchange',
      namespace: 'prod',
      uid: 'uid-1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    spec: { brokers: { groups: [{ name: 'broker-a' }, { name: 'broker-b' }] }, ...spec },
  });
  if (!parsed.ok) throw new TypeError(JSON.stringify(parsed.problems));
  return parsed.value;
}

/** The next generation of `clusterOf()`, with these settings of its brokers. */
export const edited = (config: Readonly<Record<string, string>>): RocketMQCluster =>
  clusterOf(
    { brokers: { groups: [{ name: 'broker-a' }, { name: 'broker-b' }], config: { ...config } } },
    { generation: 2 },
  );
