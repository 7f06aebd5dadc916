import type { Service } from '../../kube/mod.ts';
import { componentName, type Component } from '../addresses.ts';
import { componentLabels, selectorLabels } from '../labels.ts';
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
      ports: namedPorts[component].map(({ name, containerPort }) => ({
        name,
        port: containerPort,
        targetPort: containerPort,
        protocol: 'TCP',
      })),
    },
  };
}
