/** What can be said of an object without asking a broker. Pure. */
import type { Consent } from '../api/mod.ts';
import type { ClusterView, DeclaredObject, ObjectKind } from './kind.ts';
import type { Member } from './roster.ts';
import type { Judged } from './verdicts.ts';

/**
 * @param owner of the name that it declares; itself when nobody was earlier
 * @param view of its cluster; undefined: there is none
 * @param consent of its cluster to its namespace
 * @returns undefined: only the brokers can tell
 */
export function judgeAlone<O extends DeclaredObject, Desired>(
  kind: Pick<ObjectKind<O, Desired, unknown, unknown>, 'type' | 'reservedOn' | 'lacking'>,
  { key, declaration, object }: Member<O, Desired>,
  owner: Member<O, Desired>,
  view: ClusterView | undefined,
  consent: Consent,
): Judged | undefined {
  if (view !== undefined && consent !== 'Given')
    return notTaken(view.key, object.metadata.namespace ?? '', consent);
  if (!declaration.ok) return { kind: 'Rejected', reason: 'InvalidSpec', message: declaration.message };
  if (owner.key !== key) {
    const message = `${kind.type.kind} ${owner.key} declared ${declaration.name} first and owns it`;
    return { kind: 'Rejected', reason: 'Conflict', message };
  }
  if (view === undefined) {
    const message = `there is no RocketMQCluster ${declaration.clusterKey}`;
    return { kind: 'Waiting', reason: 'ClusterNotFound', message };
  }
  if (view.leaving) {
    const message = `RocketMQCluster ${view.key} is being deleted`;
    return { kind: 'Waiting', reason: 'ClusterDeleting', message };
  }
  const missing = declaration.groups?.filter((group) => !view.groups.includes(group)) ?? [];
  if (missing.length > 0) {
    const message = `RocketMQCluster ${view.clusterName} has no broker group ${missing.join(', ')}`;
    return { kind: 'Waiting', reason: 'BrokerGroupNotFound', message };
  }
  const reserved = kind.reservedOn?.(declaration.name, view);
  return reserved === undefined
    ? (kind.lacking?.(view) ?? declaration.lacks)
    : { kind: 'Rejected', reason: 'InvalidSpec', message: reserved };
}

function notTaken(clusterKey: string, namespace: string, consent: Exclude<Consent, 'Given'>): Judged {
  if (consent === 'Unknown') {
    const message = `RocketMQCluster ${clusterKey} goes by the labels of namespace ${namespace}, which are not known yet`;
    return { kind: 'Pending', reason: 'NamespaceUnknown', message, unknown: true };
  }
  const message = `RocketMQCluster ${clusterKey} takes no objects of namespace ${namespace}: have its spec.allowedNamespaces allow it, or delete this one`;
  return { kind: 'Rejected', reason: 'NotAllowed', message };
}
