/** The users in RocketMQ that belong to one User: one of its own name, and two by turns. */
import { isInnerUser } from '../api/mod.ts';
import type { AccessPolicy, AccessUser } from '../rocketmq/mod.ts';

const turns = ['.a', '.b'] as const;

/** Those that credentials which the operator makes have by turns. */
export function turnsOf(name: string): readonly [string, string] {
  return [`${name}${turns[0]}`, `${name}${turns[1]}`];
}

/** All that belong to a User of this name. */
export function ownNames(name: string): readonly string[] {
  return [name, ...turnsOf(name)];
}

/** The name of the User that one in RocketMQ belongs to, or would. */
function nameOfOwner(username: string): string {
  const turn = turns.find((each) => username.endsWith(each));
  return turn === undefined ? username : username.slice(0, -turn.length);
}

/** What one broker has of a User. */
export interface ActualUser {
  readonly users: ReadonlyMap<string, AccessUser>;
  readonly policies: ReadonlyMap<string, readonly AccessPolicy[]>;
}

/**
 * What one broker has, by the names of Users. Those of the operator itself are nobody's, and so are policies without a user: a
 * broker has no request that takes them away (AdminBrokerProcessor.deleteUser).
 */
export function byOwner(
  users: ReadonlyMap<string, AccessUser>,
  policies: ReadonlyMap<string, readonly AccessPolicy[]>,
): ReadonlyMap<string, ActualUser> {
  const owners = new Map<
    string,
    { readonly users: Map<string, AccessUser>; readonly policies: Map<string, readonly AccessPolicy[]> }
  >();
  for (const [username, user] of users) {
    if (isInnerUser(username)) continue;
    const name = nameOfOwner(username);
    const owner = owners.get(name) ?? { users: new Map(), policies: new Map() };
    owner.users.set(username, user);
    owners.set(name, owner);
  }
  for (const [username, list] of policies) owners.get(nameOfOwner(username))?.policies.set(username, list);
  return owners;
}
