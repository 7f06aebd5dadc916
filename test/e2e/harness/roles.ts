/** What the operator may do against what it asked for. */
import type { AuditEntry } from './audit-log.ts';

export interface PolicyRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly verbs: readonly string[];
}

export interface BoundRole {
  /** Where it holds; undefined: everywhere. */
  readonly namespace: string | undefined;
  readonly rules: readonly PolicyRule[];
}

interface Permission {
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
}

type Grant = Permission & Pick<BoundRole, 'namespace'>;
type Need = Permission & { readonly namespace: string };

/**
 * No request ever has these verbs. The admission plugin OwnerReferencesPermissionEnforcement asks for them, where it is on, before an object may keep its owner from going.
 */
const ASKED_BY_ADMISSION: ReadonlySet<string> = new Set([
  'update rocketmqclusters/finalizers of rocketmq.gantry.dev',
  'update users/finalizers of rocketmq.gantry.dev',
]);

export interface RolesVerdict {
  readonly wildcards: readonly string[];
  /** What is granted and no request needed. */
  readonly unused: readonly string[];
  /** Refused requests, but for those that have nothing to do with the roles. */
  readonly refused: readonly string[];
  /** `pods of core` → `delete 2, list 1` */
  readonly counts: ReadonlyMap<string, string>;
}

export function compareRoles(roles: readonly BoundRole[], entries: readonly AuditEntry[]): RolesVerdict {
  const grants = roles.flatMap((role) => grantsOf(role));
  const needs = entries.flatMap((entry) => needsOf(entry));
  const isUsed = (grant: Grant): boolean => needs.some((need) => covers(grant, need));
  const isGranted = (need: Need): boolean => grants.some((grant) => covers(grant, need));
  return {
    wildcards: grants
      .filter(({ group, resource, verb }) => [group, resource, verb].some((part) => part.includes('*')))
      .map(describe),
    unused: grants
      .filter((grant) => !ASKED_BY_ADMISSION.has(describe(grant)) && !isUsed(grant))
      .map(describe),
    refused: entries
      .filter((entry) => entry.code === 403 && !isExplained(entry, isGranted))
      .map((entry) => `${needsOf(entry).map(describe).join(', ')} in "${entry.namespace}": ${entry.message}`),
    counts: countsOf(needs),
  };
}

/** URLs that are no objects count as resources that no request names: none of them is ever used. */
function grantsOf({ namespace, rules }: BoundRole): readonly Grant[] {
  return rules.flatMap(({ apiGroups = [], resources = [], nonResourceURLs = [], verbs }) => {
    const objects = apiGroups.flatMap((group) => resources.map((resource) => ({ group, resource })));
    const urls = nonResourceURLs.map((url) => ({ group: 'no group', resource: url }));
    return [...objects, ...urls].flatMap((what) => verbs.map((verb) => ({ ...what, verb, namespace })));
  });
}

/** The server asks whether its user may create where an apply finds nothing to patch. */
function needsOf({ group, resource, namespace, verb, code }: AuditEntry): readonly Need[] {
  if (resource === '') return [];
  const need = { group, resource, namespace };
  const created = verb === 'patch' && code === 201 ? [{ ...need, verb: 'create' }] : [];
  return [{ ...need, verb }, ...created];
}

function covers(grant: Grant, need: Need): boolean {
  const { namespace } = grant;
  return (
    (namespace === undefined || namespace === need.namespace) &&
    grant.group === need.group &&
    grant.resource === need.resource &&
    grant.verb === need.verb
  );
}

/**
 * Nothing can be made in a namespace that is on its way out. And an API server that was just started refuses everybody:
 * it answers before it has read the roles.
 */
function isExplained(entry: AuditEntry, isGranted: (need: Need) => boolean): boolean {
  if (entry.message.includes('because it is being terminated')) return true;
  return entry.decision === 'forbid' && needsOf(entry).every((need) => isGranted(need));
}

function countsOf(needs: readonly Need[]): ReadonlyMap<string, string> {
  const byResource = Map.groupBy(needs, resourceOf);
  const names = [...byResource.keys()].toSorted();
  return new Map(
    names.map((name) => {
      const byVerb = Map.groupBy(byResource.get(name) ?? [], ({ verb }) => verb);
      const verbs = [...byVerb].map(([verb, of]) => `${verb} ${String(of.length)}`).toSorted();
      return [name, verbs.join(', ')];
    }),
  );
}

function describe(permission: Permission): string {
  return `${permission.verb} ${resourceOf(permission)}`;
}

function resourceOf({ group, resource }: Pick<Permission, 'group' | 'resource'>): string {
  return `${resource} of ${group === '' ? 'core' : group}`;
}
