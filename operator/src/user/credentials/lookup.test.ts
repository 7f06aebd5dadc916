import { expect, it } from '@jest/globals';
import { toSecretData, type Secret, type Store } from '../../kube/mod.ts';
import type { Lack } from '../../objects/mod.ts';
import { user } from '../testing/user.ts';
import { lookUp, type UserCredentials } from './lookup.ts';

const owner = user('order');
const generated = { ...owner, metadata: { ...owner.metadata, uid: 'u1' } };
const given = user('order', { credentials: 'Given', secretName: 'own' });

function secret(data: Readonly<Record<string, string>>, ownedBy?: string): Secret {
  const reference = { apiVersion: '', kind: 'User', name: 'order', controller: true };
  const ownerReferences = ownedBy === undefined ? [] : [{ ...reference, uid: ownedBy }];
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'n', name: 's', ownerReferences },
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, toSecretData(text)])),
  };
}

const storeOf = (found: Secret | undefined): { readonly store: Store<Secret> } => ({
  store: { size: 0, get: () => found, list: () => [], byIndex: () => [] },
});

function look(of: typeof owner, found: Secret | undefined, hindrance?: Lack): UserCredentials {
  const hindrances = new Map(hindrance === undefined ? [] : [['n/order', hindrance]]);
  return lookUp(of, { secrets: storeOf(found), givenSecrets: storeOf(found), hindrances });
}

const told = (credentials: UserCredentials): string =>
  credentials.ok
    ? credentials.pairs.map(({ accessKey, secretKey }) => `${accessKey} ${secretKey}`).join()
    : `${credentials.lacks.reason}: ${credentials.lacks.message}`;

const pair = { accessKey: 'order.b', secretKey: 'key' };

it.each([
  ['its own', secret(pair, 'u1'), 'order.b key'],
  ['not made yet', undefined, 'SecretNotFound: the Secret order-rocketmq is being made'],
  [
    'of a User of that name before',
    secret(pair, 'u0'),
    'SecretNotFound: the Secret order-rocketmq is being made',
  ],
])('a Secret that is generated: %s', (_, found, expected) => {
  expect(told(look(generated, found))).toBe(expected);
});

const foreign: Lack = { kind: 'Rejected', reason: 'SecretNotOwned', message: 'it is theirs' };
const refused: Lack = { kind: 'Waiting', reason: 'SecretNotFound', message: 'exceeded quota' };

it.each([
  ['somebody else has it', foreign, undefined, 'SecretNotOwned: it is theirs'],
  ['Kubernetes refuses it', refused, undefined, 'SecretNotFound: exceeded quota'],
  ['Kubernetes refuses to change it', refused, secret(pair, 'u1'), 'order.b key'],
])('a Secret that cannot be made: %s', (_, hindrance, found, expected) => {
  expect(told(look(generated, found, hindrance))).toBe(expected);
});

it.each([
  ['with both', secret({ accessKey: 'order', secretKey: 'key' }), 'order key'],
  ['with its secret key alone', secret({ secretKey: 'key' }), 'order key'],
  [
    'absent',
    undefined,
    'SecretNotFound: there is no Secret own with the label rocketmq.gantry.dev/credentials: user: create it, or give it the label',
  ],
  ['empty', secret({}), 'SecretInvalid: the Secret own has no secretKey: set it'],
  [
    'with a line break',
    secret({ secretKey: 'key\n' }),
    'SecretInvalid: secretKey of the Secret own begins or ends with white space: remove it',
  ],
  [
    'of another user',
    secret({ accessKey: 'other', secretKey: 'key' }),
    'SecretInvalid: accessKey of the Secret own is not order: correct or remove it',
  ],
])('a Secret that is given: %s', (_, found, expected) => {
  expect(told(look(given, found))).toBe(expected);
});
