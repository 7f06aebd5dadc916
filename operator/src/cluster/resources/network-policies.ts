/** Who may connect to the pods of a cluster: see decision 15. */
import type { RocketMQClusterSpec } from '../../api/mod.ts';
import type { NetworkPolicy } from '../../kube/mod.ts';
import { componentName, type Component } from '../addresses.ts';
import { componentLabels, selectorLabels } from '../labels.ts';
import { childMetadata, type Parent } from './child.ts';

type Peer = NonNullable<NonNullable<NonNullable<NetworkPolicy['spec']>['ingress']>[number]['from']>[number];

/** Every API server labels a namespace by its name, and nobody can change that. */
const namespaceName = 'kubernetes.io/metadata.name';

/**
 * None while the mode is Disabled. The kubelet asks probes from the node, which policies let through.
 *
 * @param operatorNamespace where the operator runs
 */
export function networkPolicies(
  parent: Parent,
  { security }: RocketMQClusterSpec,
  operatorNamespace: string,
): readonly NetworkPolicy[] {
  const { mode, clientNamespaces } = security.networkPolicy;
  if (mode === 'Disabled') return [];
  const { 'app.kubernetes.io/component': _component, ...ofCluster } = selectorLabels(parent.id, 'broker');
  const inner: readonly Peer[] = [
    { podSelector: { matchLabels: ofCluster } },
    {
      namespaceSelector: { matchLabels: { [namespaceName]: operatorNamespace } },
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'gantry' } },
    },
  ];
  const clients = clientNamespaces?.map((name): Peer => ({
    namespaceSelector: { matchLabels: { [namespaceName]: name } },
  }));
  return [
    policy(parent, 'nameserver', inner),
    policy(parent, 'controller', inner),
    policy(parent, 'broker', inner),
    ...(clients === undefined ? [] : [policy(parent, 'proxy', [...inner, ...clients])]),
  ];
}

function policy(parent: Parent, component: Component, from: readonly Peer[]): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: childMetadata(
      parent,
      componentName(parent.id, component),
      componentLabels(parent.id, component),
    ),
    spec: {
      podSelector: { matchLabels: selectorLabels(parent.id, component) },
      policyTypes: ['Ingress'],
      ingress: [{ from: [...from] }],
    },
  };
}
