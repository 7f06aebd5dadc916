import type {
  EventsV1Event,
  V1ConfigMap,
  V1Deployment,
  V1Lease,
  V1Namespace,
  V1NetworkPolicy,
  V1NetworkPolicyPeer,
  V1NetworkPolicyPort,
  V1NetworkPolicySpec,
  V1Node,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodDisruptionBudget,
  V1Scale,
  V1Secret,
  V1Service,
  V1ServiceAccount,
  V1StatefulSet,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';
import type { KubeObject, ObjectMeta } from './types.ts';

/** Where a kind lives in the API. `_object` exists for the compiler only: it ties the type to its shape. */
export interface ResourceType<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly _object?: T;
}

/** client-node's model as it really is on the wire: JSON, so every Date is a string. */
export type Wire<T> = T extends Date
  ? string
  : T extends readonly (infer U)[]
    ? readonly Wire<U>[]
    : T extends object
      ? { readonly [K in keyof T]: Wire<T[K]> }
      : T;

/** A typed built-in whose identity fields are present, as they are in every answer of the server. */
export type BuiltIn<T> = Omit<Wire<T>, 'apiVersion' | 'kind' | 'metadata'> & {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
};

export type Pod = BuiltIn<V1Pod>;
export type Service = BuiltIn<V1Service>;
export type Secret = BuiltIn<V1Secret>;
export type ConfigMap = BuiltIn<V1ConfigMap>;
export type ServiceAccount = BuiltIn<V1ServiceAccount>;
export type StatefulSet = BuiltIn<V1StatefulSet>;
export type Deployment = BuiltIn<V1Deployment>;
export type PersistentVolumeClaim = BuiltIn<V1PersistentVolumeClaim>;
export type PodDisruptionBudget = BuiltIn<V1PodDisruptionBudget>;
/** The generated types spell `from`, which is a word of some languages, in a way of their own. */
export interface NetworkPolicy extends Omit<BuiltIn<V1NetworkPolicy>, 'spec'> {
  readonly spec?: Pick<Wire<V1NetworkPolicySpec>, 'podSelector' | 'policyTypes'> & {
    readonly ingress?: readonly {
      readonly from?: readonly Wire<V1NetworkPolicyPeer>[];
      readonly ports?: readonly Wire<V1NetworkPolicyPort>[];
    }[];
  };
}
export type Event = BuiltIn<EventsV1Event>;
export type Lease = BuiltIn<V1Lease>;
export type Namespace = BuiltIn<V1Namespace>;
export type Node = BuiltIn<V1Node>;
export type Scale = BuiltIn<V1Scale>;
export type HorizontalPodAutoscaler = BuiltIn<V2HorizontalPodAutoscaler>;

const core = { group: '', version: 'v1' } as const;
const apps = { group: 'apps', version: 'v1' } as const;

export const Pods: ResourceType<Pod> = { ...core, kind: 'Pod', plural: 'pods', namespaced: true };
export const Services: ResourceType<Service> = {
  ...core,
  kind: 'Service',
  plural: 'services',
  namespaced: true,
};
export const Secrets: ResourceType<Secret> = { ...core, kind: 'Secret', plural: 'secrets', namespaced: true };
export const ConfigMaps: ResourceType<ConfigMap> = {
  ...core,
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};
export const ServiceAccounts: ResourceType<ServiceAccount> = {
  ...core,
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  namespaced: true,
};
export const PersistentVolumeClaims: ResourceType<PersistentVolumeClaim> = {
  ...core,
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  namespaced: true,
};
export const Namespaces: ResourceType<Namespace> = {
  ...core,
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
};
export const Nodes: ResourceType<Node> = { ...core, kind: 'Node', plural: 'nodes', namespaced: false };
export const StatefulSets: ResourceType<StatefulSet> = {
  ...apps,
  kind: 'StatefulSet',
  plural: 'statefulsets',
  namespaced: true,
};
export const Deployments: ResourceType<Deployment> = {
  ...apps,
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
};
export const PodDisruptionBudgets: ResourceType<PodDisruptionBudget> = {
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  namespaced: true,
};
export const NetworkPolicies: ResourceType<NetworkPolicy> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  namespaced: true,
};
export const HorizontalPodAutoscalers: ResourceType<HorizontalPodAutoscaler> = {
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  namespaced: true,
};
export const Events: ResourceType<Event> = {
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  namespaced: true,
};
export const Leases: ResourceType<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(type: Pick<ResourceType, 'group' | 'version'>): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** The other way round. */
export function parseApiVersion(apiVersion: string): Pick<ResourceType, 'group' | 'version'> {
  const slash = apiVersion.indexOf('/');
  return { group: apiVersion.slice(0, Math.max(0, slash)), version: apiVersion.slice(slash + 1) };
}

/** Path of a collection (no name) or of one object. An empty namespace means all of them. */
export function resourcePath(
  type: ResourceType,
  namespace: string,
  name?: string,
  subresource?: string,
): string {
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const scope = type.namespaced && namespace !== '' ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${root}${scope}/${type.plural}${object}${subresource === undefined ? '' : `/${subresource}`}`;
}
