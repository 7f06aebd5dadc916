import { controllersOf, type RocketMQClusterSpec } from '../../api/mod.ts';
import type { PodDisruptionBudget } from '../../kube/mod.ts';
import { componentName, type Component } from '../addresses.ts';
import { componentLabels, groupLabel, roleLabel, selectorLabels } from '../labels.ts';
import { childMetadata, type Parent } from './child.ts';

/**
 * Masters are never evicted, and of the others of a group one at a time; the role label moves with the mastership. The
 * others are all that are not masters: a pod that comes after an evicted one has no role until it runs.
 * A group by itself: a replica whose volume is on the drained node stays away until the node is back, and would keep
 * those of other groups on it. A workload with a single pod has no budget, since it would only block the drain of a
 * node for ever; so would a master that never becomes a replica, which is therefore evicted like one.
 */
export function disruptionBudgets(parent: Parent, spec: RocketMQClusterSpec): readonly PodDisruptionBudget[] {
  const one = (component: Component, replicas: number): readonly PodDisruptionBudget[] =>
    replicas < 2 ? [] : [budget(parent, component, componentName(parent.id, component), 1)];
  return [
    ...one('nameserver', spec.nameServers.replicas),
    ...one('controller', controllersOf(spec)?.replicas ?? 0),
    ...one('proxy', spec.proxy.replicas),
    ...(spec.brokers.replicas < 2 ? [] : brokerBudgets(parent, spec)),
  ];
}

function brokerBudgets(parent: Parent, { brokers }: RocketMQClusterSpec): readonly PodDisruptionBudget[] {
  const broker = componentName(parent.id, 'broker');
  if (brokers.failover === 'Static') {
    return brokers.groups.map(({ name }) =>
      budget(parent, 'broker', `${broker}-group-${name}`, 1, { [groupLabel]: name }),
    );
  }
  return [
    budget(parent, 'broker', `${broker}-master`, 0, { [roleLabel]: 'master' }),
    ...brokers.groups.map(({ name }) =>
      budget(parent, 'broker', `${broker}-replica-${name}`, 1, { [groupLabel]: name }, [
        { key: roleLabel, operator: 'NotIn', values: ['master'] },
      ]),
    ),
  ];
}

type PodExpressions = NonNullable<
  NonNullable<NonNullable<PodDisruptionBudget['spec']>['selector']>['matchExpressions']
>;

function budget(
  parent: Parent,
  component: Component,
  name: string,
  maxUnavailable: number,
  labels: Readonly<Record<string, string>> = {},
  matchExpressions?: PodExpressions,
): PodDisruptionBudget {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: childMetadata(parent, name, componentLabels(parent.id, component)),
    spec: {
      maxUnavailable,
      selector: {
        matchLabels: { ...selectorLabels(parent.id, component), ...labels },
        ...(matchExpressions === undefined ? {} : { matchExpressions }),
      },
    },
  };
}
