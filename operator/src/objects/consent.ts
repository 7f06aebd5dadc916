/** Whether a cluster takes objects from the namespace of one: its own always, others by spec.allowedNamespaces. Pure. */
import { consentOf, type Consent, type ConditionReason } from '../api/mod.ts';
import { findCondition, parseKey } from '../kube/mod.ts';
import type { ClusterView, DeclaredObject, DeclaredStatus } from './kind.ts';
import { placesOf } from './status.ts';

export interface NamespaceFacts {
  readonly labels: Readonly<Record<string, string>>;
  /** Somebody deleted it: everything in it goes, and does not come back. */
  readonly ending: boolean;
}

/** By name; undefined: it is not known. */
export type NamespaceLookup = (name: string) => NamespaceFacts | undefined;

export interface ConsentSubject {
  readonly object: DeclaredObject;
  /** `namespace/name` of the RocketMQCluster that it refers to. */
  readonly clusterKey: string;
  /** As last written; absent: as the object has it. */
  readonly status?: DeclaredStatus | undefined;
}

/**
 * What cannot be told now stays as it was decided last, as the status has it.
 *
 * @param view of that cluster; undefined: there is none
 * @returns `Unknown` only of an object about which nothing was ever decided
 */
export function consentTo(
  { object, clusterKey, status = object.status }: ConsentSubject,
  view: Pick<ClusterView, 'allowedNamespaces'> | undefined,
  namespaces: NamespaceLookup,
): Consent {
  const { namespace = '' } = object.metadata;
  if (parseKey(clusterKey).namespace === namespace) return 'Given';
  const consent = view && consentOf(view.allowedNamespaces, namespaces(namespace)?.labels);
  return consent === undefined || consent === 'Unknown' ? lastConsent(status) : consent;
}

function lastConsent(status: DeclaredStatus | undefined): Consent {
  if (findCondition(status?.conditions, 'Ready')?.reason === 'NotAllowed') return 'Withheld';
  return placesOf(status) === undefined ? 'Unknown' : 'Given';
}

/** Somebody else owns the name in the cluster, or RocketMQ would not have it. */
const notItsOwn: ReadonlySet<string> = new Set<ConditionReason>(['Conflict', 'InvalidSpec']);

/** Why what is on the brokers under the name of an object is none of its; undefined: it is, as far as is known. */
export function whyNotItsOwn(
  subject: ConsentSubject,
  view: Pick<ClusterView, 'allowedNamespaces'> | undefined,
  namespaces: NamespaceLookup,
): string | undefined {
  if (consentTo(subject, view, namespaces) !== 'Given')
    return 'its RocketMQCluster takes no objects of this namespace, or it is not known yet whether it does';
  const ready = findCondition(subject.object.status?.conditions, 'Ready');
  return ready !== undefined && notItsOwn.has(ready.reason) ? ready.message : undefined;
}
