import type { Difference } from '../objects/mod.ts';
import type { AccessPolicy, AccessUser, PolicyKey } from '../rocketmq/mod.ts';
import type { DesiredUser } from './desired.ts';
import type { ActualUser } from './names.ts';
import { sameSet } from './same-set.ts';

export type Step =
  | { readonly kind: 'CreateUser'; readonly user: AccessUser }
  | { readonly kind: 'ChangeUser'; readonly user: AccessUser }
  | { readonly kind: 'PutPolicies'; readonly username: string; readonly policies: readonly AccessPolicy[] }
  | { readonly kind: 'DeletePolicy'; readonly username: string; readonly policy: PolicyKey }
  | { readonly kind: 'DeleteUser'; readonly username: string };

/** What makes one broker have a user as declared, one step after the other. */
export interface UserWrite {
  readonly name: string;
  readonly steps: readonly Step[];
}

interface Found {
  /** RocketMQ's own words of what differs. */
  readonly keys: readonly string[];
  readonly step: Step;
}

/**
 * Compares a declared user with what one broker has. What is declared is all that there is to be: a policy of the default
 * type, which RocketMQ asks as well where no other fits, is taken away too.
 */
export function compareUser(desired: DesiredUser, actual: ActualUser | undefined): Difference<UserWrite> {
  const found = [
    ...desired.users.flatMap((user) => userSteps(user, actual?.users.get(user.username))),
    // What is allowed newly is so before what is not any more goes.
    ...desired.users.flatMap(({ username }) => putSteps(desired, username, actual)),
    ...desired.users.flatMap(({ username }) => deletePolicySteps(desired, username, actual)),
    ...deleteUserSteps(desired, actual),
  ];
  if (found.length === 0) return { kind: 'Same' };
  const write = { name: desired.name, steps: found.map(({ step }) => step) };
  if (actual === undefined) return { kind: 'Create', write };
  return { kind: 'Change', write, keys: [...new Set(found.flatMap(({ keys }) => keys))] };
}

function userSteps(user: AccessUser, actual: AccessUser | undefined): readonly Found[] {
  if (actual === undefined) return [{ keys: ['username'], step: { kind: 'CreateUser', user } }];
  const keys = [
    ...(actual.password === user.password ? [] : ['password']),
    ...(actual.type === user.type ? [] : ['userType']),
    ...(actual.enabled === user.enabled ? [] : ['userStatus']),
  ];
  return keys.length === 0 ? [] : [{ keys, step: { kind: 'ChangeUser', user } }];
}

function putSteps(
  { policies: wanted }: DesiredUser,
  username: string,
  actual: ActualUser | undefined,
): readonly Found[] {
  const held = actual?.policies.get(username) ?? [];
  const policies = wanted.filter((policy) => !held.some((each) => samePolicy(each, policy)));
  if (policies.length === 0) return [];
  return [{ keys: ['policies'], step: { kind: 'PutPolicies', username, policies } }];
}

function deletePolicySteps(
  { policies: wanted }: DesiredUser,
  username: string,
  actual: ActualUser | undefined,
): readonly Found[] {
  const held = actual?.policies.get(username) ?? [];
  return held
    .filter((policy) => !wanted.some((each) => sameKey(each, policy)))
    .map(({ policyType, resource }) => ({
      keys: ['policies'],
      step: { kind: 'DeletePolicy', username, policy: { policyType, resource } },
    }));
}

function deleteUserSteps({ users }: DesiredUser, actual: ActualUser | undefined): readonly Found[] {
  const held = [...(actual?.users.keys() ?? [])];
  const surplus = held.filter((name) => !users.some(({ username }) => username === name));
  return surplus.map((username) => ({ keys: ['username'], step: { kind: 'DeleteUser', username } }));
}

function sameKey(a: PolicyKey, b: PolicyKey): boolean {
  return a.policyType === b.policyType && a.resource === b.resource;
}

function samePolicy(a: AccessPolicy, b: AccessPolicy): boolean {
  return (
    sameKey(a, b) &&
    a.decision === b.decision &&
    sameSet(a.actions, b.actions) &&
    sameSet(a.sourceIps, b.sourceIps)
  );
}
