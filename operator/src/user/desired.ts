import { clusterKeyIn, parseUser, userNameOf, type User } from '../api/mod.ts';
import { unreadable, type Declaration } from '../objects/mod.ts';
import type { AccessPolicy, AccessUser } from '../rocketmq/mod.ts';
import type { UserCredentials } from './credentials/lookup.ts';
import type { RotationStatus } from './credentials/state.ts';

/** A user as declared, in RocketMQ's words. */
export interface DesiredUser {
  readonly name: string;
  /** More than one while credentials are rotated; none while there are no credentials. */
  readonly users: readonly AccessUser[];
  /** Of each of them. */
  readonly policies: readonly AccessPolicy[];
  readonly rotation: RotationStatus | undefined;
}

/** Reads a User, also one that was stored before a rule existed. */
export function declareUser(
  user: User,
  credentialsOf: (user: User) => UserCredentials,
): Declaration<DesiredUser> {
  const parsed = parseUser(user);
  if (!parsed.ok) return unreadable(user, parsed.problems);
  const { spec } = parsed.value;
  const name = userNameOf(user);
  const credentials = credentialsOf(parsed.value);
  const deletion =
    spec.deletionPolicy === 'Delete'
      ? ({ kind: 'Delete', guards: [] } as const)
      : ({ kind: 'Retain' } as const);
  const declared = {
    ok: true,
    clusterKey: clusterKeyIn(user),
    name,
    adoption: 'Adopt',
    deletion,
  } as const;
  const policies = (spec.policies ?? []).map(policyOf);
  if (!credentials.ok)
    return {
      ...declared,
      desired: { name, users: [], policies, rotation: undefined },
      lacks: credentials.lacks,
    };
  const users = credentials.pairs.map(({ accessKey, secretKey }): AccessUser => ({
    username: accessKey,
    password: secretKey,
    type: spec.type,
    enabled: true,
  }));
  return { ...declared, desired: { name, users, policies, rotation: credentials.rotation } };
}

function policyOf({
  resource,
  actions,
  decision,
  sourceIps = [],
}: NonNullable<User['spec']['policies']>[number]): AccessPolicy {
  return { policyType: 'Custom', resource, actions, sourceIps, decision };
}
