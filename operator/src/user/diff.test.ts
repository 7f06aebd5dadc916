import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { AccessPolicy, AccessUser } from '../rocketmq/mod.ts';
import { declareUser, type DesiredUser } from './desired.ts';
import { compareUser, type Step, type UserWrite } from './diff.ts';
import { byOwner } from './names.ts';
import { user } from './testing/user.ts';

const a: AccessUser = { username: 'u.a', password: 'secret', type: 'Normal', enabled: true };
const b: AccessUser = { ...a, username: 'u.b' };
const pub: AccessPolicy = {
  policyType: 'Custom',
  resource: 'Topic:T',
  actions: ['Pub', 'Sub'],
  sourceIps: [],
  decision: 'Allow',
};
const wanted: DesiredUser = { name: 'u', users: [a], policies: [pub], rotation: undefined };

const found = (users: readonly AccessUser[], policies: readonly AccessPolicy[] = [], of = 'u.a') =>
  byOwner(new Map(users.map((each) => [each.username, each])), new Map([[of, policies]])).get('u');

const create: Step = { kind: 'CreateUser', user: a };
const change: Step = { kind: 'ChangeUser', user: a };
const put = (username: string): Step => ({ kind: 'PutPolicies', username, policies: [pub] });
const foreign: AccessPolicy = { ...pub, resource: '*', policyType: 'Default' };

describe('compareUser', () => {
  it('creates a user, and then its policies', () => {
    expect(compareUser(wanted, undefined)).toEqual({
      kind: 'Create',
      write: { name: 'u', steps: [create, put('u.a')] },
    });
  });

  it.each<readonly [string, ReturnType<typeof found>, readonly string[], readonly Step[]]>([
    ['a password', found([{ ...a, password: 'old' }], [pub]), ['password'], [change]],
    [
      'its type and status',
      found([{ ...a, type: 'Super', enabled: false }], [pub]),
      ['userType', 'userStatus'],
      [change],
    ],
    ['actions', found([a], [{ ...pub, actions: ['Pub'] }]), ['policies'], [put('u.a')]],
    ['addresses', found([a], [{ ...pub, sourceIps: ['10.0.0.1'] }]), ['policies'], [put('u.a')]],
    ['a decision', found([a], [{ ...pub, decision: 'Deny' }]), ['policies'], [put('u.a')]],
    [
      'a policy of its own',
      found([a], [pub, foreign]),
      ['policies'],
      [{ kind: 'DeletePolicy', username: 'u.a', policy: { policyType: 'Default', resource: '*' } }],
    ],
    ['another user', found([a, b], [pub]), ['username'], [{ kind: 'DeleteUser', username: 'u.b' }]],
    [
      'the other user alone',
      found([b], [pub], 'u.b'),
      ['username', 'policies'],
      [create, put('u.a'), { kind: 'DeleteUser', username: 'u.b' }],
    ],
  ])('changes %s', (_, actual, keys, steps) => {
    expect(compareUser(wanted, actual)).toEqual({ kind: 'Change', keys, write: { name: 'u', steps } });
  });

  it('does not mind in which order a broker lists actions', () => {
    expect(compareUser(wanted, found([a], [{ ...pub, actions: ['Sub', 'Pub'] }]))).toEqual({ kind: 'Same' });
  });

  it('leaves alone what belongs to nobody: the operator’s own users, and policies without a user', () => {
    const inner = { ...a, username: 'gantry-inner-1' };
    const table = byOwner(
      new Map([['gantry-inner-1', inner]]),
      new Map([
        ['u.a', [pub]],
        ['gantry-inner-1', [pub]],
      ]),
    );
    expect(table.size).toBe(0);
  });
});

const accessUser = (username: string): fc.Arbitrary<AccessUser> =>
  fc.record({
    username: fc.constant(username),
    password: fc.constantFrom('x', 'y'),
    type: fc.constantFrom('Normal', 'Super'),
    enabled: fc.boolean(),
  });
const policies: fc.Arbitrary<readonly AccessPolicy[]> = fc.uniqueArray(
  fc.record<AccessPolicy>({
    policyType: fc.constantFrom('Custom', 'Default'),
    resource: fc.constantFrom('*', 'Topic:T'),
    actions: fc.subarray(['Pub', 'Sub'], { minLength: 1 }),
    sourceIps: fc.subarray(['10.0.0.1']),
    decision: fc.constantFrom('Allow', 'Deny'),
  }),
  { selector: ({ policyType, resource }) => `${policyType} ${resource}` },
);
const users = fc
  .tuple(accessUser('u'), accessUser('u.a'), accessUser('u.b'))
  .chain((all) => fc.subarray([...all]));

/** A broker that does what it is told. */
class Broker {
  readonly users = new Map<string, AccessUser>();
  readonly policies = new Map<string, readonly AccessPolicy[]>();

  do({ steps }: UserWrite): void {
    for (const step of steps) this.#step(step);
  }

  #step(step: Step): void {
    if (step.kind === 'CreateUser' || step.kind === 'ChangeUser') {
      this.#refuseUnless(this.users.has(step.user.username) === (step.kind === 'ChangeUser'), step);
      this.users.set(step.user.username, step.user);
      return;
    }
    this.#refuseUnless(this.users.has(step.username), step);
    const held = this.policies.get(step.username) ?? [];
    const without = (gone: readonly { policyType: string; resource: string }[]) =>
      held.filter(
        (each) => !gone.some((key) => key.policyType === each.policyType && key.resource === each.resource),
      );
    if (step.kind === 'PutPolicies')
      this.policies.set(step.username, [...without(step.policies), ...step.policies]);
    else if (step.kind === 'DeletePolicy') this.policies.set(step.username, without([step.policy]));
    else {
      this.users.delete(step.username);
      this.policies.delete(step.username);
    }
  }

  #refuseUnless(isMeant: boolean, step: Step): void {
    if (!isMeant) throw new Error(`refused: ${JSON.stringify(step)}`);
  }
}

it('one write makes a broker hold exactly what is declared, whatever it held', () => {
  fc.assert(
    fc.property(users, policies, users, policies, (declared, declaredPolicies, held, heldPolicies) => {
      const broker = new Broker();
      for (const each of held) {
        broker.users.set(each.username, each);
        broker.policies.set(each.username, heldPolicies);
      }
      const desired = { name: 'u', users: declared, policies: declaredPolicies, rotation: undefined };
      const actual = () => byOwner(broker.users, broker.policies).get('u');
      const difference = compareUser(desired, actual());
      if (difference.kind === 'Create' || difference.kind === 'Change') broker.do(difference.write);
      expect(compareUser(desired, actual())).toEqual({ kind: 'Same' });
      expect(new Set(broker.users.values())).toEqual(new Set(declared));
    }),
  );
});

describe('declareUser', () => {
  const pair = { accessKey: 'order.a', secretKey: 's' };

  it('says in RocketMQ’s words what every member is to have', () => {
    const spec = {
      policies: [{ resource: 'Topic:T', actions: ['Pub' as const], decision: 'Allow' as const }],
    };
    expect(declareUser(user('order', spec), () => ({ ok: true, pairs: [pair] }))).toEqual({
      ok: true,
      clusterKey: 'n/c',
      name: 'order',
      adoption: 'Adopt',
      deletion: { kind: 'Delete', guards: [] },
      desired: {
        name: 'order',
        users: [{ username: 'order.a', password: 's', type: 'Normal', enabled: true }],
        policies: [
          { policyType: 'Custom', resource: 'Topic:T', actions: ['Pub'], sourceIps: [], decision: 'Allow' },
        ],
        rotation: undefined,
      },
    });
  });

  it('keeps its name, and goes with its object, while there are no credentials', () => {
    const lacks = { kind: 'Waiting', reason: 'SecretNotFound', message: 'm' } as const;
    expect(declareUser(user('order'), () => ({ ok: false, lacks }))).toMatchObject({
      ok: true,
      name: 'order',
      deletion: { kind: 'Delete' },
      lacks,
    });
  });

  it('names the field that is wrong', () => {
    const declaration = declareUser(user('order', { userName: 'gantry-inner' }), () => ({
      ok: true,
      pairs: [pair],
    }));
    expect(declaration).toMatchObject({ ok: false, clusterKey: 'n/c' });
    expect(declaration.ok ? '' : declaration.message).toContain('spec.userName');
  });
});
