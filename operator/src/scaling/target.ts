/** What is observed of the workload whose replicas are set. Pure. */
import type { GroupScaling } from '../api/mod.ts';
import {
  parseApiVersion,
  type Deployment,
  type Pod,
  type ResourceType,
  type Scale,
  type StatefulSet,
} from '../kube/mod.ts';
import type { ObservedPod, ObservedTarget } from './model.ts';

export type TargetRef = GroupScaling['scaleTargetRef'];

/** The kinds whose rollouts are understood; of any other one pods tell what there is to know. */
export type Workload =
  | { readonly kind: 'Deployment'; readonly object: Deployment }
  | { readonly kind: 'StatefulSet'; readonly object: StatefulSet }
  | { readonly kind: 'Other' };

/** A pod as far as anybody here looks at it: hundreds of them are kept. */
export function slimPod({ apiVersion, kind, metadata, status }: Pod): Pod {
  const { phase, podIP, conditions } = status ?? {};
  const ready = conditions?.filter(({ type }) => type === 'Ready');
  return {
    apiVersion,
    kind,
    metadata,
    status: {
      ...(phase === undefined ? {} : { phase }),
      ...(podIP === undefined ? {} : { podIP }),
      ...(ready === undefined ? {} : { conditions: ready }),
    },
  };
}

/**
 * What serves `scale` of a kind. Its plural is guessed as client-go does (meta.UnsafeGuessKindToResource): asking the API server
 * for it would take the right to read every group's list of resources.
 */
export function scaleTypeOf({ apiVersion, kind }: TargetRef): ResourceType<Scale> {
  const lower = kind.toLowerCase();
  const plural = lower.endsWith('s')
    ? `${lower}es`
    : lower.endsWith('y')
      ? `${lower.slice(0, -1)}ies`
      : `${lower}s`;
  return { ...parseApiVersion(apiVersion), kind, plural, namespaced: true };
}

/** Who is a member of the group. */
export interface Membership {
  /** Ids of clients; undefined: nobody knows who they are. */
  readonly clients: ReadonlySet<string> | undefined;
  /** Names of pods that were members before. A proxy that has just started does not know all clients yet. */
  readonly before: ReadonlySet<string>;
}

export function targetOf(
  scale: Scale,
  workload: Workload,
  pods: readonly Pod[],
  membership: Membership,
): ObservedTarget {
  const living = pods.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed');
  const templateHash = newestHash(workload, living);
  return {
    replicas: scale.spec?.replicas ?? 0,
    pods: observedPods(living, membership),
    templateHash,
    rollout: rolloutOf(workload, living, templateHash),
  };
}

function observedPods(pods: readonly Pod[], { clients, before }: Membership): readonly ObservedPod[] {
  const hosts = clients === undefined ? undefined : new Set([...clients].map(hostOf));
  const isMember = ({ metadata: { name }, status }: Pod): boolean =>
    before.has(name) ||
    hosts?.has(name.slice(0, LONGEST_HOST_NAME)) === true ||
    hosts?.has(status?.podIP ?? '') === true;
  // Clients that call themselves something else cannot be told apart.
  const canBeTold = hosts !== undefined && (hosts.size === 0 || pods.some(isMember));
  return pods.map((pod) => ({
    name: pod.metadata.name,
    state: isLeaving(pod) ? 'Leaving' : isReady(pod) ? 'Ready' : 'Starting',
    templateHash: hashOf(pod),
    ...(canBeTold ? { joined: isMember(pod) } : {}),
  }));
}

/** Of a pod with a longer name it is cut (kubelet, truncatePodHostnameIfNeeded). */
const LONGEST_HOST_NAME = 63;

/** Clients of all languages name themselves after their host or its address: `10.0.0.7@1#…`, `order-5d9c-x@1@…`. */
function hostOf(clientId: string): string {
  return clientId.split('@', 1)[0] ?? '';
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
}

function isLeaving({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function createdAtMs({ metadata }: Pod): number {
  return Date.parse(metadata.creationTimestamp ?? '');
}

function hashOf({ metadata: { labels } }: Pod): string {
  return labels?.['pod-template-hash'] ?? labels?.['controller-revision-hash'] ?? '';
}

/** A Deployment does not say which of its templates is the newest, but the youngest pod is made from that. */
function newestHash(workload: Workload, pods: readonly Pod[]): string {
  if (workload.kind === 'StatefulSet') return workload.object.status?.updateRevision ?? '';
  const staying = pods.filter((pod) => !isLeaving(pod));
  const [youngest] = (staying.length > 0 ? staying : pods).toSorted(
    (a, b) => createdAtMs(b) - createdAtMs(a),
  );
  return youngest === undefined ? '' : hashOf(youngest);
}

function rolloutOf(workload: Workload, pods: readonly Pod[], newest: string): ObservedTarget['rollout'] {
  const hasOld = pods.some((pod) => hashOf(pod) !== newest && !isLeaving(pod));
  if (workload.kind === 'Other') return hasOld ? 'Rolling' : 'Settled';
  const { metadata, status } = workload.object;
  const isUnseen = (status?.observedGeneration ?? 0) < (metadata.generation ?? 0);
  if (!hasOld && !isUnseen && !countsOld(workload)) return 'Settled';
  return standsStill(workload) ? 'Paused' : 'Rolling';
}

/** Pods may be known a moment later than the workload's own count of them. */
function countsOld(workload: Exclude<Workload, { kind: 'Other' }>): boolean {
  const { status } = workload.object;
  return workload.kind === 'Deployment' && (status?.replicas ?? 0) > (status?.updatedReplicas ?? 0);
}

/** Nothing goes on by itself. */
function standsStill(workload: Exclude<Workload, { kind: 'Other' }>): boolean {
  if (workload.kind === 'Deployment') return workload.object.spec?.paused === true;
  const { updateStrategy } = workload.object.spec ?? {};
  return updateStrategy?.type === 'OnDelete' || (updateStrategy?.rollingUpdate?.partition ?? 0) > 0;
}
