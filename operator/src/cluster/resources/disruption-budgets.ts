import type { RocketMQClusterSpec } from '../../api/mod.ts';
import type { PodDisruptionBudget } from '../../kube/mod.ts';
import { componentName, type Component } from '../addresses.ts';
import { componentLabels, groupLabel, roleLabel, selectorLabels } from '../labels.ts';
import { childMetadata, type Parent } from './child.ts';

/**
 * Masters are never evicted, and of the replicas of a group one at a time; the role label moves with the mastership.
 * A group by itself: a replica whose volume is on the drained node stays away until the node is back, and would keep
 * those of other groups on it. A workload with a single pod has no budget, since it would only block the drain of a
 * node for ever.
 */
export function disruptionBudgets(parent: Parent, spec: RocketMQClusterSpec): readonly PodDisruptionBudget[] {
  const one = (component: Component, replicas: number): readonly PodDisruptionBudget[] =>
    replicas < 2 ? [] : [budget(parent, component, componentName(parent.id, component), 1)];
  const broker = componentName(parent.id, 'broker');
  return [
    ...one('nameserver', spec.nameServers.replicas),
    ...one('controller', spec.controllers.replicas),
    ...one('proxy', spec.proxy.replicas),
    ...(spec.brokers.replicas < 2
      ? []
      : [
          budget(parent, 'broker', `${broker}-master`, 0, { [roleLabel]: 'master' }),
          ...spec.brokers.groups.map(({ name }) =>
            budget(parent, 'broker', `${broker}-replica-${name}`, 1, {
              [groupLabel]: name,
              [roleLabel]: 'replica',
            }),
          ),
        ]),
  ];
}

function budget(
  parent: Parent,
  component: Component,
  name: string,
  maxUnavailable: number,
  labels: Readonly<Record<string, string>> = {},
): PodDisruptionBudget {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: childMetadata(parent, name, componentLabels(parent.id, component)),
    spec: {
      maxUnavailable,
      selector: { matchLabels: { ...selectorLabels(parent.id, component), ...labels } },
    },
  };
}
