/** Who may connect to the pods of a cluster: see decision 15. */
import { exportsMetrics, type RocketMQClusterSpec } from '../../api/mod.ts';
import type { NetworkPolicy } from '../../kube/mod.ts';
import { componentName, ports, type Component } from '../addresses.ts';
import { componentLabels, selectorLabels } from '../labels.ts';
import { childMetadata, type Parent } from './child.ts';

type Rule = NonNullable<NonNullable<NetworkPolicy['spec']>['ingress']>[number];
type Peer = NonNullable<Rule['from']>[number];

/** Every API server labels a namespace by its name, and nobody can change that. */
const namespaceName = 'kubernetes.io/metadata.name';

/**
 * None while the mode is Disabled. The kubelet asks probes from the node, which policies let through.
 *
 * @param operatorNamespace where the operator runs
 */
export function networkPolicies(
  parent: Parent,
  spec: RocketMQClusterSpec,
  operatorNamespace: string,
): readonly NetworkPolicy[] {
  const { mode, clientNamespaces } = spec.security.networkPolicy;
  if (mode === 'Disabled') return [];
  const { 'app.kubernetes.io/component': _component, ...ofCluster } = selectorLabels(parent.id, 'broker');
  const inner: readonly Peer[] = [
    { podSelector: { matchLabels: ofCluster } },
    {
      namespaceSelector: { matchLabels: { [namespaceName]: operatorNamespace } },
      podSelector: { matchLabels: { 'app.kubernetes.io/name': 'gantry' } },
    },
  ];
  const clients = clientNamespaces?.map(podsOf);
  const scrapers = exportsMetrics(spec) ? (spec.monitoring.scraperNamespaces ?? []).map(podsOf) : [];
  const scraping: Rule = { from: scrapers, ports: [{ protocol: 'TCP', port: ports.metrics }] };
  return [
    policy(parent, 'nameserver', inner),
    policy(parent, 'controller', inner),
    policy(parent, 'broker', inner, ...(scrapers.length === 0 ? [] : [scraping])),
    ...(clients === undefined ? [] : [policy(parent, 'proxy', [...inner, ...clients])]),
  ];
}

function podsOf(namespace: string): Peer {
  return { namespaceSelector: { matchLabels: { [namespaceName]: namespace } } };
}

function policy(
  parent: Parent,
  component: Component,
  from: readonly Peer[],
  ...more: readonly Rule[]
): NetworkPolicy {
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
      ingress: [{ from: [...from] }, ...more],
    },
  };
}
