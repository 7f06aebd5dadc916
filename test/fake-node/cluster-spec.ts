import type { RocketMQClusterInput } from '../../operator/src/api/mod.ts';

/** No node but a fake one has it. */
export const NODE_LABEL = 'gantry.test/fake-node';
export const BROKER_NAME = 'broker-a';
export const MEMBERS = 2;

/**
 * For pods on a fake node: the smallest cluster that has a master to lose and a replica to take over.
 * @param settings of the brokers
 */
export function specOn(node: string, settings: Readonly<Record<string, string>>): RocketMQClusterInput {
  const podTemplate = { nodeSelector: { [NODE_LABEL]: node } };
  return {
    nameServers: { replicas: 1, podTemplate },
    controllers: { replicas: 1, storage: { size: '1Gi' }, podTemplate },
    brokers: {
      replicas: MEMBERS,
      groups: [{ name: BROKER_NAME }],
      storage: { size: '1Gi' },
      config: settings,
      podTemplate,
    },
    proxy: { replicas: 1, podTemplate },
  };
}
