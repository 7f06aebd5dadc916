/** Names and addresses of everything that belongs to a cluster: all of them follow from its own name. */
import { controllersOf, exportsMetrics, type AllowedNamespaces, type RocketMQCluster } from '../api/mod.ts';
import { findCondition, keyOf } from '../kube/mod.ts';
import { isPaused } from './break-glass.ts';
import type { ConfigProblem } from './config/key-table.ts';
import { heldBack, type HeldBack } from './held-back.ts';

export const ports = {
  nameServer: 9876,
  controller: 9878,
  controllerRaft: 9879,
  broker: 10_911,
  /** listenPort - 2: replicas pull metadata from their master through it. */
  brokerFast: 10_909,
  /** listenPort + 1: replication. */
  brokerHa: 10_912,
  /** Where the kubelet asks the guard beside a broker how it is. */
  guard: 10_913,
  /** Of brokers, for Prometheus and the operator. */
  metrics: 5557,
  grpc: 8081,
  remoting: 8080,
} as const;

export type Component = 'nameserver' | 'controller' | 'broker' | 'proxy';

/** What the names derive from. `domain` is the DNS domain of the Kubernetes cluster. */
export interface ClusterIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly domain: string;
}

export const defaultClusterDomain = 'cluster.local';

export function identityOf(cluster: RocketMQCluster, domain = defaultClusterDomain): ClusterIdentity {
  return { namespace: cluster.metadata.namespace ?? '', name: cluster.metadata.name, domain };
}

/** Name of the Service of a component; name servers, controllers and proxies call their workload the same. */
export function componentName(id: ClusterIdentity, component: Component): string {
  return `${id.name}-${component}`;
}

export function memberName(id: ClusterIdentity, group: string, member: number): string {
  return `${id.name}-${group}-${member}`;
}

/** Every member has a StatefulSet of its own, so its pod is always number 0 of it. */
export function memberPodName(id: ClusterIdentity, group: string, member: number): string {
  return `${memberName(id, group, member)}-0`;
}

export function serviceHost(id: ClusterIdentity, component: Component): string {
  return `${componentName(id, component)}.${id.namespace}.svc.${id.domain}`;
}

/**
 * The DNS name of a pod of a headless Service, fully qualified on purpose: kubelet writes exactly this name to
 * the pod's own /etc/hosts, so that a process resolves itself before any DNS server knows it.
 */
export function podHost(id: ClusterIdentity, component: Component, pod: string): string {
  return `${pod}.${serviceHost(id, component)}`;
}

function ordinalHosts(id: ClusterIdentity, component: Component, replicas: number): readonly string[] {
  return Array.from({ length: replicas }, (_, ordinal) =>
    podHost(id, component, `${componentName(id, component)}-${ordinal}`),
  );
}

export function nameServerAddresses(id: ClusterIdentity, replicas: number): readonly string[] {
  return ordinalHosts(id, 'nameserver', replicas).map((host) => `${host}:${ports.nameServer}`);
}

/** Where the operator and the guards ask the controllers, and as the controllers themselves name each other. */
export function controllerAddresses(id: ClusterIdentity, replicas: number): readonly string[] {
  return ordinalHosts(id, 'controller', replicas).map((host) => `${host}:${ports.controller}`);
}

/**
 * Where brokers send their heartbeats: the same hosts, spelled otherwise, by the dot that ends a full name of DNS.
 *
 * RocketMQ's client has one connection for each spelling of an address, and what goes through Raft it asks at the address that
 * the controllers give. When such a question is not answered within its 3 s the client ends the connection
 * (NettyRemotingClient.invokeSync), and the controllers depose a master at once when the connection of its heartbeats ends
 * (RaftBrokerHeartBeatManager.onBrokerChannelClose): with one spelling, a controller that stalls for 3 s costs every group its
 * master.
 */
export function heartbeatAddresses(id: ClusterIdentity, replicas: number): readonly string[] {
  return ordinalHosts(id, 'controller', replicas).map((host) => `${host}.:${ports.controller}`);
}

/** The controllers' Raft peers, in the same order as `controllerAddresses`: RocketMQ pairs them by position. */
export function controllerPeers(id: ClusterIdentity, replicas: number): readonly string[] {
  return ordinalHosts(id, 'controller', replicas).map((host) => `${host}:${ports.controllerRaft}`);
}

export function brokerHost(id: ClusterIdentity, group: string, member: number): string {
  return podHost(id, 'broker', memberPodName(id, group, member));
}

/** The address at which a member is asked. */
export function brokerAddress(id: ClusterIdentity, group: string, member: number): string {
  return `${brokerHost(id, group, member)}:${ports.broker}`;
}

/** Where clients of its own reach member 0 of a group whose master is fixed; its StatefulSet has the same name. */
export function fixedMasterService(id: ClusterIdentity, group: string): string {
  return memberName(id, group, 0);
}

/**
 * Where replicas replicate from a fixed master. It is a Service with an address of its own, which stays while the pod's
 * comes and goes: the name of a pod would lead a replica to a former address for as long as anybody caches it, and by
 * then that may be another cluster's broker, which RocketMQ would not notice (DefaultHAService).
 */
export function fixedMasterHost(id: ClusterIdentity, group: string): string {
  return `${fixedMasterService(id, group)}.${id.namespace}.svc.${id.domain}`;
}

/** The address by which name servers and controllers know the member in a pod: see `brokerConfig` for why not by name. */
export function registeredAddress(podIp: string): string {
  return `${podIp}:${ports.broker}`;
}

export interface Endpoints {
  readonly nameServers: readonly string[];
  readonly controllers: readonly string[];
  readonly grpc: string;
  readonly remoting: string;
}

export function endpointsOf(cluster: RocketMQCluster, domain?: string): Endpoints {
  const id = identityOf(cluster, domain);
  const proxy = serviceHost(id, 'proxy');
  return {
    nameServers: nameServerAddresses(id, cluster.spec.nameServers.replicas),
    controllers: controllerAddresses(id, controllersOf(cluster.spec)?.replicas ?? 0),
    grpc: `${proxy}:${ports.grpc}`,
    remoting: `${proxy}:${ports.remoting}`,
  };
}

/** What the controllers of topics, groups and users need to know of a cluster. */
export interface ClusterView {
  /** `namespace/name` */
  readonly key: string;
  /**
   * It serves: Ready, or held back by nothing but a wrong setting, which leaves the last valid ones in force, or a
   * maintenance window that is still to come, or users that access control waits for.
   */
  readonly ready: boolean;
  /** Somebody deleted it. */
  readonly leaving: boolean;
  /** A person wants nothing to be taken away: objects on its brokers neither. */
  readonly paused: boolean;
  /** From which namespaces objects are taken, beside its own. */
  readonly allowedNamespaces: AllowedNamespaces;
  readonly nameServers: readonly string[];
  readonly controllers: readonly string[];
  /** Remoting port of the Service of the proxies. */
  readonly proxy: string;
  /** Where gRPC clients connect to. */
  readonly grpc: string;
  /** Whether users are asked for: brokers keep those that they have when it is switched off. */
  readonly accessControl: boolean;
  /** Every broker process, by the name of its pod. */
  readonly members: readonly { readonly name: string; readonly group: string; readonly address: string }[];
  /** Where brokers export their metrics, once they have restarted for it; absent: they do not. */
  readonly metricsPort?: number;
  /** Only where nobody elects: address of the master of each group, by its name. */
  readonly fixedMasters?: Readonly<Record<string, string>>;
  /** RocketMQ broker names. */
  readonly groups: readonly string[];
  /** RocketMQ cluster name. */
  readonly clusterName: string;
  /** How long a message may take to its queue. */
  readonly heldBack: HeldBack;
}

const servingReasons: ReadonlySet<string> = new Set<
  ConfigProblem['reason'] | 'WaitingForWindow' | 'WaitingForUsers'
>(['UnknownKey', 'OwnedKey', 'InvalidValue', 'VersionStepRefused', 'WaitingForWindow', 'WaitingForUsers']);

export function clusterView(cluster: RocketMQCluster, domain?: string): ClusterView {
  const { nameServers, controllers, remoting, grpc } = endpointsOf(cluster, domain);
  const current = cluster.status?.observedGeneration === cluster.metadata.generation;
  const condition = findCondition(cluster.status?.conditions, 'Ready');
  const id = identityOf(cluster, domain);
  const { failover, groups, replicas } = cluster.spec.brokers;
  return {
    key: keyOf(cluster),
    ready: current && (condition?.status === 'True' || servingReasons.has(condition?.reason ?? '')),
    leaving: cluster.metadata.deletionTimestamp !== undefined,
    paused: isPaused(cluster),
    allowedNamespaces: cluster.spec.allowedNamespaces,
    nameServers,
    controllers,
    proxy: remoting,
    grpc,
    accessControl: cluster.spec.security.acl.enabled,
    members: groups.flatMap(({ name: group }) =>
      Array.from({ length: replicas }, (_, member) => ({
        name: memberPodName(id, group, member),
        group,
        address: brokerAddress(id, group, member),
      })),
    ),
    ...(exportsMetrics(cluster.spec) ? { metricsPort: ports.metrics } : {}),
    ...(failover === 'Controller'
      ? {}
      : { fixedMasters: Object.fromEntries(groups.map(({ name }) => [name, brokerAddress(id, name, 0)])) }),
    groups: groups.map(({ name }) => name),
    clusterName: cluster.metadata.name,
    heldBack: heldBack(cluster.spec),
  };
}
