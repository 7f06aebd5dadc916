import { describe, expect, it } from '@jest/globals';
import { toSecretData, type Secret } from '../kube/mod.ts';
import type { AccessUser, Credentials } from '../rocketmq/mod.ts';
import { credentialsSecret, nextSecret } from './resources/credentials-secret.ts';
import { pairToStore, planRotation, rotationObstacles, usersToEnd, usersToPut } from './rotation.ts';

const pair = (name: string): Credentials => ({ accessKey: `gantry-inner-${name}`, secretKey: `key ${name}` });
const [a, b, c] = [pair('a'), pair('b'), pair('c')];
const MADE = '2026-01-01T00:00:00Z';
const madeMs = Date.parse(MADE);

function secret({ accessKey, secretKey }: Credentials): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', creationTimestamp: MADE },
    data: { accessKey: toSecretData(accessKey), secretKey: toSecretData(secretKey) },
  };
}

type Options = Parameters<typeof planRotation>[0];
const settled: Options = {
  beforeMs: undefined,
  current: secret(a),
  next: undefined,
  inUse: [a],
  allSign: true,
};

describe('planRotation', () => {
  it.each<[string, Partial<Options>, object]>([
    ['nobody asks', {}, { kind: 'Idle' }],
    ['they were made since', { beforeMs: madeMs }, { kind: 'Idle' }],
    ['they were made before', { beforeMs: madeMs + 1 }, { kind: 'Begin', beforeMs: madeMs + 1 }],
    ['a member does not sign yet', { beforeMs: madeMs + 1, allSign: false }, { kind: 'Idle' }],
    ['a member signs by others still', { beforeMs: madeMs + 1, inUse: [a, b] }, { kind: 'Idle' }],
    ['there are none', { beforeMs: madeMs + 1, current: undefined, inUse: [] }, { kind: 'Idle' }],
    ['the next ones are there', { next: secret(b) }, { kind: 'Tell', pairs: [a, b], next: b }],
    [
      'the current ones were stored again by mistake',
      { next: secret(b), inUse: [a, b, c] },
      { kind: 'Tell', pairs: [a, b, c], next: b },
    ],
    ['they are to be stored first', { current: undefined, next: secret(b) }, { kind: 'Idle' }],
    [
      'the next ones are the current ones, and members have others',
      { current: secret(b), next: secret(b), inUse: [a, b] },
      { kind: 'Roll', pairs: [b, a] },
    ],
    [
      'all members have them',
      { current: secret(b), next: secret(b), inUse: [b] },
      { kind: 'Retire', current: b },
    ],
    [
      'the configuration of a member cannot be read',
      { current: secret(b), next: secret(b), inUse: [b], allSign: false },
      { kind: 'Roll', pairs: [b] },
    ],
    [
      'somebody asks for another one meanwhile',
      { beforeMs: madeMs + 1, current: secret(b), next: secret(b), inUse: [a, b] },
      { kind: 'Roll', pairs: [b, a] },
    ],
  ])('when %s', (_when, change, expected) => {
    expect(planRotation({ ...settled, ...change })).toEqual(expected);
  });

  it('makes none again for the moment that they were made for, whatever the clock of Kubernetes says', () => {
    const id = { namespace: 'prod', name: 'exchange', domain: 'cluster.local' };
    const owner = { apiVersion: 'v1', kind: 'RocketMQCluster', name: 'exchange', uid: 'uid-1' };
    const beforeMs = madeMs + 60_000;
    const next = nextSecret({ id, owner }, b, beforeMs);
    const late = credentialsSecret({ id, owner }, b, next);
    const current = { ...late, metadata: { ...late.metadata, creationTimestamp: MADE } };
    expect(planRotation({ ...settled, current, inUse: [b], beforeMs })).toEqual({ kind: 'Idle' });
    expect(planRotation({ ...settled, current, inUse: [b], beforeMs: beforeMs + 1 }).kind).toBe('Begin');
  });
});

describe('pairToStore', () => {
  it.each([
    ['what members have', [a], undefined, a],
    ['of two what they are on their way to', [a, b], secret(b), b],
    ['not what nobody has', [a], secret(b), a],
    ['nothing where there is nothing', [], secret(b), undefined],
  ])('is %s', (_what, inUse, next, expected) => {
    expect(pairToStore(inUse, { next })).toEqual(expected);
  });
});

const user = ({ accessKey, secretKey }: Credentials, rest: Partial<AccessUser> = {}): AccessUser => ({
  username: accessKey,
  password: secretKey,
  type: 'Super',
  enabled: true,
  ...rest,
});
const users = (...list: readonly AccessUser[]): ReadonlyMap<string, AccessUser> =>
  new Map(list.map((each) => [each.username, each]));

describe('what a broker is told', () => {
  it.each([
    ['nothing that it knows', users(user(a), user(b)), []],
    ['whom it lacks', users(user(a)), [{ user: user(b), exists: false }]],
    [
      'who is not as he is to be',
      users(user(a, { enabled: false }), user(b, { password: 'other' })),
      [
        { user: user(a), exists: true },
        { user: user(b), exists: true },
      ],
    ],
  ])('is %s', (_what, there, expected) => {
    expect(usersToPut([a, b], there)).toEqual(expected);
  });

  it('ends every other inner user, and nobody else', () => {
    const app = user({ accessKey: 'gantry-app', secretKey: 's' });
    expect(usersToEnd(b, users(user(a), user(b), user(c), app))).toEqual([a.accessKey, c.accessKey]);
  });
});

describe('rotationObstacles', () => {
  it('say who keeps it up, and nothing of who has still to restart', () => {
    expect(rotationObstacles({ kind: 'Roll', pairs: [] }, [])).toEqual([]);
    expect(rotationObstacles({ kind: 'Idle' }, [])).toEqual([]);
    expect(rotationObstacles({ kind: 'Retire', current: b }, ['x is not up'])).toMatchObject([
      { reason: 'Progressing', message: 'the former inner credentials end: x is not up' },
    ]);
  });
});
