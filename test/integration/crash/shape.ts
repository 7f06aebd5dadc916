/** The cluster of every lane, and what stands on it. */
import { ConsumerGroups, RocketMQClusters, Topics } from '../../../operator/src/api/mod.ts';
import type { ApplyIntent, ResourceType } from '../../../operator/src/kube/mod.ts';
import { BROKER_NAME, MEMBERS, specOn } from '../../fake-node/mod.ts';

export const NAME = 'c';
/** A setting that only brokers have, and that they take in by a restart. */
export const EDITED_KEY = 'maxTransferCountOnMessageInMemory';

export const brokerPods: readonly string[] = Array.from(
  { length: MEMBERS },
  (_none, member) => `${NAME}-${BROKER_NAME}-${member}-0`,
);
export const setPods: readonly string[] = [`${NAME}-nameserver-0`, `${NAME}-controller-0`, ...brokerPods];
/** Pods of a Deployment have names by chance. */
export const PROXY = `${NAME}-proxy`;

export function placeOf(pod: string): string {
  return pod.startsWith(`${PROXY}-`) ? PROXY : pod;
}

export function brokerSettings(value: number): Readonly<Record<string, string>> {
  return { [EDITED_KEY]: String(value) };
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
    object(RocketMQClusters, NAME, specOn(node, brokerSettings(value))),
    object(Topics, 'orders', { clusterRef, type: 'FIFO', queuesPerBroker: 2 }),
    object(ConsumerGroups, 'settlement', { clusterRef, ordered: true }),
  ];
}
