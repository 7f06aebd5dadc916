/**
 * Everything in a spec that the pods of one workload are made from. Pods restart when their inputs change and for
 * no other reason: not for a new operator, not for a change elsewhere in the spec.
 */
import {
  controllersOf,
  exportsMetrics,
  minInSyncReplicas,
  type BrokerGroup,
  type PodTemplate,
  type Resources,
  type RocketMQClusterSpec,
} from '../api/mod.ts';
import type { Access } from './config/access-settings.ts';
import { liveBrokerKeys } from './config/live-keys.ts';

type Settings = Readonly<Record<string, string>>;

interface CommonInputs {
  readonly version: RocketMQClusterSpec['version'];
  readonly image: string;
  readonly imagePullPolicy: RocketMQClusterSpec['imagePullPolicy'];
  readonly imagePullSecrets: readonly { readonly name: string }[];
  readonly resources?: Resources;
  readonly podTemplate?: PodTemplate;
  readonly config: Settings;
}

export interface NameServerInputs extends CommonInputs {
  readonly component: 'nameserver';
}

export interface ControllerInputs extends CommonInputs {
  readonly component: 'controller';
  readonly replicas: number;
}

export interface BrokerInputs extends CommonInputs {
  readonly component: 'broker';
  readonly group: string;
  readonly member: number;
  readonly replicas: number;
  readonly minInSyncReplicas: number;
  readonly replication: RocketMQClusterSpec['brokers']['replication'];
  readonly flush: RocketMQClusterSpec['brokers']['flush'];
  readonly nameServers: number;
  /** How many elect the master; absent: nobody does, and member 0 is the master for good. */
  readonly controllers?: number;
  readonly maxMessageBytes: number;
  readonly maxDelaySeconds: number;
  readonly access?: Access;
  /** Absent, as in inputs that are older than the field: no metrics are exported. */
  readonly exportsMetrics?: true;
}

/** Whether controllers elect the master of its group. */
export function isElected({ controllers }: BrokerInputs): boolean {
  return controllers !== undefined;
}

/** Member 0 of a group for which nobody elects. */
export function isFixedMaster(inputs: BrokerInputs): boolean {
  return !isElected(inputs) && inputs.member === 0;
}

export interface ProxyInputs extends CommonInputs {
  readonly component: 'proxy';
  readonly nameServers: number;
  readonly maxMessageBytes: number;
  readonly maxDelaySeconds: number;
  readonly access?: Access;
}

export type Inputs = NameServerInputs | ControllerInputs | BrokerInputs | ProxyInputs;

interface ComponentSpec {
  readonly resources?: Resources;
  readonly podTemplate?: PodTemplate;
  readonly config: Settings;
}

export function imageOf(spec: RocketMQClusterSpec): string {
  return spec.image ?? `apache/rocketmq:${spec.version}`;
}

function common(spec: RocketMQClusterSpec, component: ComponentSpec): CommonInputs {
  return {
    version: spec.version,
    image: imageOf(spec),
    imagePullPolicy: spec.imagePullPolicy,
    imagePullSecrets: spec.imagePullSecrets ?? [],
    ...(component.resources === undefined ? {} : { resources: component.resources }),
    ...(component.podTemplate === undefined ? {} : { podTemplate: component.podTemplate }),
    config: component.config,
  };
}

export function nameServerInputs(spec: RocketMQClusterSpec): NameServerInputs {
  return { component: 'nameserver', ...common(spec, spec.nameServers) };
}

export function controllerInputs(
  spec: RocketMQClusterSpec,
  controllers: NonNullable<ReturnType<typeof controllersOf>>,
): ControllerInputs {
  return {
    component: 'controller',
    ...common(spec, controllers),
    replicas: controllers.replicas,
  };
}

export function brokerInputs(
  spec: RocketMQClusterSpec,
  group: BrokerGroup,
  member: number,
  access?: Access,
): BrokerInputs {
  const controllers = controllersOf(spec)?.replicas;
  return {
    component: 'broker',
    ...common(spec, spec.brokers),
    group: group.name,
    member,
    replicas: spec.brokers.replicas,
    minInSyncReplicas: minInSyncReplicas(spec.brokers),
    replication: spec.brokers.replication,
    flush: spec.brokers.flush,
    nameServers: spec.nameServers.replicas,
    ...(controllers === undefined ? {} : { controllers }),
    ...spec.limits,
    ...(access === undefined ? {} : { access }),
    ...(exportsMetrics(spec) ? { exportsMetrics: true } : {}),
  };
}

export function proxyInputs(spec: RocketMQClusterSpec, access?: Access): ProxyInputs {
  return {
    component: 'proxy',
    ...common(spec, spec.proxy),
    nameServers: spec.nameServers.replicas,
    ...spec.limits,
    ...(access === undefined ? {} : { access }),
  };
}

/** Without the settings that a running process takes over: these make no other pod. */
export function withoutLive(inputs: Inputs): Inputs {
  if (inputs.component !== 'broker') return inputs;
  const config = Object.entries(inputs.config).filter(([key]) => !liveBrokerKeys.has(key));
  return { ...inputs, config: Object.fromEntries(config) };
}
