import type { Service } from '../../kube/mod.ts';
import { componentName, fixedMasterService, ports, type Component } from '../addresses.ts';
import { componentLabels, memberLabels, selectorLabels } from '../labels.ts';
import { childMetadata, type Parent } from './child.ts';
import { namedPorts } from './pod.ts';

/**
 * Gives each pod of the component a DNS name. Names of pods that are not ready are published too: controllers
 * elect a leader, and brokers find a master, before any of them is ready.
 */
export function headlessService(parent: Parent, component: Exclude<Component, 'proxy'>): Service {
  return service(parent, component, { clusterIP: 'None', publishNotReadyAddresses: true });
}

/** Where clients connect. */
export function proxyService(parent: Parent): Service {
  return service(parent, 'proxy', { type: 'ClusterIP' });
}

/** Where the replicas of a group whose master is fixed replicate from. Before it is ready too: it is not without them. */
export function masterService(parent: Parent, group: string): Service {
  const { id } = parent;
  const labels = memberLabels(group, 0);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: childMetadata(parent, fixedMasterService(id, group), {
      ...componentLabels(id, 'broker'),
      ...labels,
    }),
    spec: {
      type: 'ClusterIP',
      publishNotReadyAddresses: true,
      selector: { ...selectorLabels(id, 'broker'), ...labels },
      ports: [servicePort('ha', ports.brokerHa)],
    },
  };
}

function service(parent: Parent, component: Component, spec: NonNullable<Service['spec']>): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: childMetadata(
      parent,
      componentName(parent.id, component),
      componentLabels(parent.id, component),
    ),
    spec: {
      ...spec,
      selector: selectorLabels(parent.id, component),
      ports: namedPorts[component].map(({ name, containerPort }) => servicePort(name, containerPort)),
    },
  };
}

type ServicePort = NonNullable<NonNullable<Service['spec']>['ports']>[number];

function servicePort(name: string, port: number): ServicePort {
  return { name, port, targetPort: port, protocol: 'TCP' };
}
