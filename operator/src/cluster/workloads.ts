/** The workloads that a spec asks for, in the order in which they are created and rolled. */
import { controllersOf, groupStorage, type RocketMQClusterSpec } from '../api/mod.ts';
import {
  brokerAddress,
  componentName,
  controllerAddresses,
  memberName,
  memberPodName,
  nameServerAddresses,
  type ClusterIdentity,
} from './addresses.ts';
import type { Access } from './config/access-settings.ts';
import {
  brokerInputs,
  controllerInputs,
  nameServerInputs,
  proxyInputs,
  type BrokerInputs,
  type ControllerInputs,
  type NameServerInputs,
  type ProxyInputs,
} from './inputs.ts';
import type { Storage } from './resources/stateful-sets.ts';

export interface PodPlace {
  readonly pod: string;
  /** Where RocketMQ is asked. */
  readonly address: string;
}

export type SetWorkload =
  | {
      readonly name: string;
      readonly component: 'nameserver';
      readonly inputs: NameServerInputs;
      readonly pods: readonly PodPlace[];
    }
  | {
      readonly name: string;
      readonly component: 'controller';
      readonly inputs: ControllerInputs;
      readonly pods: readonly PodPlace[];
      readonly storage: Storage;
    }
  | {
      readonly name: string;
      readonly component: 'broker';
      readonly inputs: BrokerInputs;
      readonly pods: readonly PodPlace[];
      readonly storage: Storage;
    };

export interface ProxyWorkload {
  readonly name: string;
  readonly component: 'proxy';
  readonly inputs: ProxyInputs;
  readonly replicas: number;
}

export type Workload = SetWorkload | ProxyWorkload;

export interface Workloads {
  readonly sets: readonly SetWorkload[];
  readonly proxy: ProxyWorkload;
}

export function workloadsOf(id: ClusterIdentity, spec: RocketMQClusterSpec, access?: Access): Workloads {
  return {
    sets: [
      {
        name: componentName(id, 'nameserver'),
        component: 'nameserver',
        inputs: nameServerInputs(spec),
        pods: numbered(componentName(id, 'nameserver'), nameServerAddresses(id, spec.nameServers.replicas)),
      },
      ...controllerSets(id, spec),
      ...spec.brokers.groups.flatMap((group) =>
        Array.from({ length: spec.brokers.replicas }, (_, member): SetWorkload => ({
          name: memberName(id, group.name, member),
          component: 'broker',
          inputs: brokerInputs(spec, group, member, access),
          pods: [
            {
              pod: memberPodName(id, group.name, member),
              address: brokerAddress(id, group.name, member),
            },
          ],
          storage: groupStorage(spec, group),
        })),
      ),
    ],
    proxy: {
      name: componentName(id, 'proxy'),
      component: 'proxy',
      inputs: proxyInputs(spec, access),
      replicas: spec.proxy.replicas,
    },
  };
}

function controllerSets(id: ClusterIdentity, spec: RocketMQClusterSpec): readonly SetWorkload[] {
  const controllers = controllersOf(spec);
  if (controllers === undefined) return [];
  const name = componentName(id, 'controller');
  return [
    {
      name,
      component: 'controller',
      inputs: controllerInputs(spec, controllers),
      pods: numbered(name, controllerAddresses(id, controllers.replicas)),
      storage: controllers.storage,
    },
  ];
}

function numbered(name: string, addresses: readonly string[]): readonly PodPlace[] {
  return addresses.map((address, ordinal) => ({ pod: `${name}-${ordinal}`, address }));
}
