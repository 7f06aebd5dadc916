/** The cluster of every lane: the smallest that has a master to lose and a replica to take over. */
import {
  ConsumerGroups,
  RocketMQClusters,
  Topics,
  type RocketMQClusterInput,
} from '../../../operator/src/api/mod.ts';
import type { ApplyIntent, ResourceType } from '../../../operator/src/kube/mod.ts';

export const NAME = 'c';
export const BROKER_NAME = 'broker-a';
/** A setting that only brokers have, and that they take in by a restart. */
export const EDITED_KEY = 'maxTransferCountOnMessageInMemory';
/** No node but the fake one has it. */
export const NODE_LABEL = 'gantry.test/crash-safety';

export const brokerPods: readonly string[] = [0, 1].map((member) => `${NAME}-${BROKER_NAME}-${member}-0`);
export const setPods: readonly string[] = [`${NAME}-nameserver-0`, `${NAME}-controller-0`, ...brokerPods];
/** Pods of a Deployment have names by chance. */
export const PROXY = `${NAME}-proxy`;

export function placeOf(pod: string): string {
  return pod.startsWith(`${PROXY}-`) ? PROXY : pod;
}

export function brokerSettings(value: number): Readonly<Record<string, string>> {
  return { [EDITED_KEY]: String(value) };
}

function spec(node: string, value: number): RocketMQClusterInput {
  const podTemplate = { nodeSelector: { [NODE_LABEL]: node } };
  return {
    nameServers: { replicas: 1, podTemplate },
    controllers: { replicas: 1, storage: { size: '1Gi' }, podTemplate },
    brokers: {
      replicas: brokerPods.length,
      groups: [{ name: BROKER_NAME }],
      storage: { size: '1Gi' },
      config: brokerSettings(value),
      podTemplate,
    },
    proxy: { replicas: 1, podTemplate },
  };
}

export interface Declared {
  readonly type: ResourceType;
  readonly object: ApplyIntent;
}

/** Everything that a user applies. */
export function declared(namespace: string, node: string, value: number): readonly Declared[] {
  const object = (type: ResourceType, name: string, body: object): Declared => ({
    type,
    object: {
      apiVersion: `${type.group}/${type.version}`,
      kind: type.kind,
      metadata: { namespace, name },
      spec: body,
    } as ApplyIntent,
  });
  const clusterRef = { name: NAME };
  return [
    object(RocketMQClusters, NAME, spec(node, value)),
    object(Topics, 'orders', { clusterRef, type: 'FIFO', queuesPerBroker: 2 }),
    object(ConsumerGroups, 'settlement', { clusterRef, ordered: true }),
  ];
}
