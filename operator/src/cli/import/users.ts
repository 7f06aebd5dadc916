/** Users and their policies as objects. A broker tells their passwords: they get into Secrets, and nowhere else. */
import { secretNameOf, userNameOf, userNameProblem, type User } from '../../api/mod.ts';
import { toSecretData, type Secret } from '../../kube/mod.ts';
import type { AccessPolicy } from '../../rocketmq/mod.ts';
import {
  givenCredentials,
  givenLabel,
  userKind,
  type ActualUser,
  type DesiredUser,
  type UserWrite,
} from '../../user/mod.ts';
import type { Importable, Names, Spec } from './kinds.ts';

/**
 * @param held what each member has, by the names of Users
 * @param secrets those that are there, by name
 */
export function importableUsers(
  held: ReadonlyMap<string, ReadonlyMap<string, ActualUser>>,
  secrets: ReadonlyMap<string, Secret>,
): Importable<User, DesiredUser, ActualUser, UserWrite> {
  const secretOf = (user: User): Secret | undefined => {
    const password = passwordIn(held, userNameOf(user));
    return secrets.has(secretNameOf(user)) || password === undefined ? undefined : newSecret(user, password);
  };
  const given = (user: User): Secret | undefined => {
    const there = secrets.get(secretNameOf(user));
    // Without the label the operator does not see it.
    return there === undefined ? secretOf(user) : isGiven(there) ? there : undefined;
  };
  return {
    kind: userKind((user) => givenCredentials(user, given(user))),
    nameProblem: userNameProblem,
    specOf: userSpec,
    cannotDeclare: othersOf,
    choosesGroups: false,
    canObserve: false,
    secretOf,
  };
}

/** Those that differ from one member to the next show when they are compared. */
function passwordIn(
  held: ReadonlyMap<string, ReadonlyMap<string, ActualUser>>,
  name: string,
): string | undefined {
  for (const table of held.values()) {
    const user = table.get(name)?.users.get(name);
    if (user !== undefined) return user.password;
  }
  return undefined;
}

function isGiven({ metadata }: Secret): boolean {
  return metadata.labels?.[givenLabel.key] === givenLabel.value;
}

function newSecret(user: User, password: string): Secret {
  const { namespace = '' } = user.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: secretNameOf(user), namespace, labels: { [givenLabel.key]: givenLabel.value } },
    type: 'Opaque',
    data: { accessKey: toSecretData(userNameOf(user)), secretKey: toSecretData(password) },
  };
}

/** Its clients go on with the password that they have, and it outlives its object, as it did without one. */
function userSpec({ users, policies }: ActualUser, { name, objectName }: Names): Spec {
  const own = (policies.get(name) ?? []).filter(({ policyType }) => policyType === 'Custom');
  return {
    ...(users.get(name)?.type === 'Super' ? { type: 'Super' } : {}),
    credentials: 'Given',
    secretName: `${objectName}-rocketmq`,
    ...(own.length === 0 ? {} : { policies: own.map(policySpec) }),
    deletionPolicy: 'Retain',
  };
}

function policySpec({ resource, actions, decision, sourceIps }: AccessPolicy): Spec {
  return {
    resource,
    actions,
    ...(decision === 'Allow' ? {} : { decision }),
    ...(sourceIps.length === 0 ? {} : { sourceIps }),
  };
}

/** A User with a password of its own would end them. */
function othersOf({ users }: ActualUser, name: string): string | undefined {
  const others = [...users.keys()].filter((each) => each !== name);
  return others.length === 0
    ? undefined
    : `${others.toSorted().join(' and ')}, as only a User with generated credentials is called: declare one, which takes it over`;
}
