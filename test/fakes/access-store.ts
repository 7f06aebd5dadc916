import { isIP } from 'node:net';

export interface StoredUser {
  readonly username: string;
  readonly password: string;
  readonly userType: 'Super' | 'Normal';
  readonly userStatus: 'enable' | 'disable';
}

export interface StoredEntry {
  /** As RocketMQ spells it. */
  readonly resource: string;
  readonly actions: readonly string[];
  readonly sourceIps?: readonly string[];
  readonly decision: 'Allow' | 'Deny';
}

export interface StoredPolicy {
  readonly policyType: 'Custom' | 'Default';
  readonly entries: readonly StoredEntry[];
}

/** Body of requests 3006 and 3007 (AclInfo.java): any field may be left out. */
export interface AclFields {
  readonly subject?: string;
  readonly policies?: readonly {
    readonly policyType?: string;
    readonly entries?: readonly EntryFields[];
  }[];
}

interface EntryFields {
  readonly resource?: string;
  readonly actions?: readonly string[];
  readonly sourceIps?: readonly string[];
  readonly decision?: string;
}

/** AuthenticationException and AuthorizationException. */
export class AccessRefused extends Error {
  override readonly name = 'AccessRefused';
}

/** What RocketMQ reads of a body, and whether it takes it (AclConverter, AuthorizationMetadataManagerImpl.validate). */
export function readPolicies(fields: AclFields): readonly StoredPolicy[] {
  const policies = (fields.policies ?? [])
    .filter(({ entries = [] }) => entries.length > 0)
    .map(({ policyType, entries = [] }) => ({
      policyType: wordOf(['Custom', 'Default'], policyType) ?? 'Custom',
      entries: entries.map(readEntry),
    }));
  if (policies.length === 0) throw new AccessRefused('The policies is empty.');
  return policies;
}

/** Those of a stored policy that are not named stay (Acl.updatePolicy, Policy.updateEntry). */
export function mergePolicies(
  stored: readonly StoredPolicy[],
  added: readonly StoredPolicy[],
): readonly StoredPolicy[] {
  return added.reduce<readonly StoredPolicy[]>((policies, { policyType, entries }) => {
    const at = policies.findIndex((policy) => policy.policyType === policyType);
    const old = policies[at];
    if (old === undefined) return [...policies, { policyType, entries }];
    return policies.with(at, { policyType, entries: entries.reduce(putEntry, old.entries) });
  }, stored);
}

/** Of the first policy of that type, as everything else. */
export function withoutEntry(
  stored: readonly StoredPolicy[],
  policyType: StoredPolicy['policyType'],
  resource: string,
): readonly StoredPolicy[] {
  const at = stored.findIndex((policy) => policy.policyType === policyType);
  const old = stored[at];
  if (old === undefined) return stored;
  const entries = old.entries.filter((entry) => entry.resource !== resource);
  return entries.length === 0 ? stored.toSpliced(at, 1) : stored.with(at, { policyType, entries });
}

/** Resource.of and getResourceKey; undefined: RocketMQ takes it for none. */
export function readResource(text: string | undefined): string | undefined {
  if (text === undefined || text === '*') return text;
  const [typeText = ''] = text.split(':', 1);
  const type = wordOf(resourceTypes, typeText);
  if (type === undefined) return undefined;
  if (type === 'Any') return '*';
  const name = text.slice(typeText.length + 1);
  // A prefix ends at the first star.
  return `${type}:${name.endsWith('*') ? name.slice(0, name.indexOf('*') + 1) : name}`;
}

/** Enums are read whatever their case. */
export function wordOf<T extends string>(words: readonly T[], text: string | undefined): T | undefined {
  return words.find((word) => word.toLowerCase() === text?.toLowerCase());
}

const resourceTypes = ['Unknown', 'Any', 'Cluster', 'Namespace', 'Topic', 'Group'] as const;
const actionNames = [
  'Unknown',
  'All',
  'Any',
  'Pub',
  'Sub',
  'Create',
  'Update',
  'Delete',
  'Get',
  'List',
] as const;

function putEntry(entries: readonly StoredEntry[], added: StoredEntry): readonly StoredEntry[] {
  const at = entries.findIndex((entry) => entry.resource === added.resource);
  return at < 0 ? [...entries, added] : entries.with(at, added);
}

function readEntry(fields: EntryFields): StoredEntry {
  const resource = readResource(fields.resource);
  if (resource === undefined) throw new AccessRefused('The resource is null.');
  // Names that it does not know are dropped.
  const actions = (fields.actions ?? []).flatMap((name) => wordOf(actionNames, name) ?? []);
  if (actions.length === 0) throw new AccessRefused('The actions is empty.');
  if (actions.includes('Any')) throw new AccessRefused('The actions can not be Any.');
  const { sourceIps = [] } = fields;
  for (const ip of sourceIps) {
    if (ip.trim() === '') throw new AccessRefused('The source ip is empty.');
    if (!isNetwork(ip)) throw new AccessRefused('The source ip is invalid.');
  }
  const decision = wordOf(['Allow', 'Deny'], fields.decision);
  if (decision === undefined) throw new AccessRefused('The decision is null or illegal.');
  return { resource, actions, decision, ...(sourceIps.length === 0 ? {} : { sourceIps }) };
}

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d+$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}
