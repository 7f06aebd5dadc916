/** The credentials of a User as its Secret has them, or why there are none. */
import { secretNameOf, userNameOf, type User } from '../../api/mod.ts';
import { fromSecretData, isControlledBy, keyOf, type InformerFace, type Secret } from '../../kube/mod.ts';
import type { Lack } from '../../objects/mod.ts';
import type { Credentials } from '../../rocketmq/mod.ts';
import { pairsOf, readState, rotationOf, type RotationStatus } from './state.ts';

export type UserCredentials =
  | {
      readonly ok: true;
      readonly pairs: readonly Credentials[];
      readonly rotation?: RotationStatus | undefined;
    }
  | { readonly ok: false; readonly lacks: Lack };

/** A person gives it to the Secrets that the operator is to read. */
export const givenLabel = { key: 'rocketmq.gantry.dev/credentials', value: 'user' } as const;

export interface SecretStores {
  readonly secrets: Pick<InformerFace<Secret>, 'store'>;
  readonly givenSecrets: Pick<InformerFace<Secret>, 'store'>;
  /** By key of a User: why its Secret cannot be made. */
  readonly hindrances: ReadonlyMap<string, Lack>;
}

export function lookUp(user: User, stores: SecretStores): UserCredentials {
  const { namespace = '' } = user.metadata;
  const key = { namespace, name: secretNameOf(user) };
  return user.spec.credentials === 'Given'
    ? givenCredentials(user, stores.givenSecrets.store.get(key))
    : generated(user, stores.secrets.store.get(key), stores.hindrances.get(keyOf(user)));
}

function generated(user: User, secret: Secret | undefined, hindrance: Lack | undefined): UserCredentials {
  if (hindrance?.kind === 'Rejected') return { ok: false, lacks: hindrance };
  const own = secret !== undefined && isControlledBy(secret, user) ? secret : undefined;
  const state = readState(own, user);
  if (state !== undefined) return { ok: true, pairs: pairsOf(state), rotation: rotationOf(state) };
  if (hindrance !== undefined) return { ok: false, lacks: hindrance };
  return lack('SecretNotFound', `the Secret ${secretNameOf(user)} is being made`);
}

/** @param secret one that has the label */
export function givenCredentials(user: User, secret: Secret | undefined): UserCredentials {
  const name = secretNameOf(user);
  const label = `${givenLabel.key}: ${givenLabel.value}`;
  if (secret === undefined) {
    const message = `there is no Secret ${name} with the label ${label}: create it, or give it the label`;
    return lack('SecretNotFound', message);
  }
  const username = userNameOf(user);
  const secretKey = fromSecretData(secret.data?.['secretKey']);
  if (secretKey.trim() === '') return lack('SecretInvalid', `the Secret ${name} has no secretKey: set it`);
  if (secretKey.trim() !== secretKey)
    return lack(
      'SecretInvalid',
      `secretKey of the Secret ${name} begins or ends with white space: remove it`,
    );
  if (!new Set(['', username]).has(fromSecretData(secret.data?.['accessKey'])))
    return lack('SecretInvalid', `accessKey of the Secret ${name} is not ${username}: correct or remove it`);
  return { ok: true, pairs: [{ accessKey: username, secretKey }] };
}

function lack(reason: 'SecretNotFound' | 'SecretInvalid', message: string): UserCredentials {
  return { ok: false, lacks: { kind: 'Waiting', reason, message } };
}
