/** What can be said of an object without asking a broker. Pure. */
import type { ClusterView, DeclaredObject, ObjectKind } from './kind.ts';
import type { Member } from './roster.ts';
import type { Judged } from './verdicts.ts';

/**
 * @param owner of the name that it declares; itself when nobody was earlier
 * @param view of its cluster; undefined: there is none
 * @returns undefined: only the brokers can tell
 */
export function judgeAlone<O extends DeclaredObject, Desired>(
  kind: Pick<ObjectKind<O, Desired, unknown, unknown>, 'type' | 'reservedOn' | 'lacking'>,
  { key, declaration }: Member<O, Desired>,
  owner: Member<O, Desired>,
  view: ClusterView | undefined,
): Judged | undefined {
  if (!declaration.ok) return { kind: 'Rejected', reason: 'InvalidSpec', message: declaration.message };
  if (owner.key !== key) {
    const message = `${kind.type.kind} ${owner.key} declared ${declaration.name} first and owns it`;
    return { kind: 'Rejected', reason: 'Conflict', message };
  }
  if (view === undefined) {
    const message = `there is no RocketMQCluster ${declaration.clusterName} in this namespace`;
    return { kind: 'Waiting', reason: 'ClusterNotFound', message };
  }
  const missing = declaration.groups?.filter((group) => !view.groups.includes(group)) ?? [];
  if (missing.length > 0) {
    const message = `RocketMQCluster ${declaration.clusterName} has no broker group ${missing.join(', ')}`;
    return { kind: 'Waiting', reason: 'BrokerGroupNotFound', message };
  }
  const reserved = kind.reservedOn?.(declaration.name, view);
  return reserved === undefined
    ? (kind.lacking?.(view) ?? declaration.lacks)
    : { kind: 'Rejected', reason: 'InvalidSpec', message: reserved };
}
