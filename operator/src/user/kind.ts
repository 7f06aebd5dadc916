import { Users, type User } from '../api/mod.ts';
import type { ClusterView, DeclaredStatus, Details, Lack, ObjectKind } from '../objects/mod.ts';
import type { UserCredentials } from './credentials/lookup.ts';
import { declareUser, type DesiredUser } from './desired.ts';
import { compareUser, type UserWrite } from './diff.ts';
import { byOwner, type ActualUser } from './names.ts';
import { sameSet } from './same-set.ts';
import { removeUsers, writeUsers } from './write.ts';

/** Brokers keep users each for itself (decision 15), so every member is written, whoever is master. */
export function userKind(
  credentialsOf: (user: User) => UserCredentials,
): ObjectKind<User, DesiredUser, ActualUser, UserWrite> {
  return {
    type: Users,
    noun: 'user',
    nameField: 'userName',
    places: 'Members',
    declare: (user) => declareUser(user, credentialsOf),
    lacking: accessControlOf,
    compare: compareUser,
    list: async (broker, options) => {
      const [users, policies] = await Promise.all([broker.users(options), broker.policies(options)]);
      return byOwner(users, policies);
    },
    write: writeUsers,
    details: detailsOf,
    isAbout: isAboutThese,
    removal: { remove: removeUsers, isRouteOf: () => false },
  };
}

function accessControlOf({ accessControl, clusterName }: ClusterView): Lack | undefined {
  if (accessControl) return undefined;
  const message = `RocketMQCluster ${clusterName} has no access control: set its spec.security.acl.enabled`;
  return { kind: 'Waiting', reason: 'AccessControlOff', message };
}

function detailsOf(desired: DesiredUser, ready: boolean, before: DeclaredStatus | undefined): Details {
  const declared = namesOf(desired);
  const last = before?.accessKeys ?? [];
  const known = desired.users.length === 0 ? last : last.filter((name) => declared.includes(name));
  const accessKeys = ready ? declared : known;
  const rotation = desired.users.length === 0 ? before?.rotation : desired.rotation;
  return {
    ...(accessKeys.length === 0 ? {} : { accessKeys }),
    ...(rotation === undefined ? {} : { rotation }),
  };
}

function isAboutThese(status: DeclaredStatus | undefined, desired: DesiredUser): boolean {
  return sameSet(status?.accessKeys ?? [], namesOf(desired));
}

function namesOf({ users }: DesiredUser): readonly string[] {
  return users.map(({ username }) => username).toSorted();
}
