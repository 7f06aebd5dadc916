import { describe, expect, it } from '@jest/globals';
import { load } from 'js-yaml';
import fc from 'fast-check';
import { fromSecretData, toSecretData, type Secret } from '../../kube/mod.ts';
import type { ClusterView } from '../../objects/mod.ts';
import type { AccessPolicy, AccessUser } from '../../rocketmq/mod.ts';
import { givenLabel, type ActualUser } from '../../user/mod.ts';
import { planImport, type Import } from './plan.ts';
import { printObjects, summary } from './print.ts';
import { importableUsers } from './users.ts';

const view: ClusterView = {
  key: 'prod/c',
  ready: true,
  leaving: false,
  paused: false,
  nameServers: [],
  controllers: [],
  proxy: '',
  grpc: '',
  accessControl: true,
  allowedNamespaces: { from: 'Same' },
  members: ['c-a-0-0', 'c-a-1-0'].map((name) => ({ name, group: 'a', address: `${name}:10911` })),
  groups: ['a'],
  clusterName: 'c',
  heldBack: { timedMs: 0, transactionMs: 0 },
};
const target = { key: { namespace: 'prod', name: 'c' }, view };
const PASSWORD = 'correct horse';

const account = (username: string, rest: Partial<AccessUser> = {}): AccessUser => ({
  username,
  password: PASSWORD,
  type: 'Normal',
  enabled: true,
  ...rest,
});
const policy = (resource: string, rest: Partial<AccessPolicy> = {}): AccessPolicy => ({
  policyType: 'Custom',
  resource,
  actions: ['Pub', 'Sub'],
  sourceIps: [],
  decision: 'Allow',
  ...rest,
});

/** What one member has of one user. */
function actual(users: readonly AccessUser[], policies: readonly AccessPolicy[] = []): ActualUser {
  return {
    users: new Map(users.map((user) => [user.username, user])),
    policies: new Map(policies.length === 0 ? [] : users.map(({ username }) => [username, policies])),
  };
}

type Table = Readonly<Record<string, ActualUser>>;

/** @param second what the other member has; absent: the same */
function importOf(first: Table, second: Table = first, secrets: readonly Secret[] = []): Import {
  const held = new Map([
    ['c-a-0-0', new Map(Object.entries(first))],
    ['c-a-1-0', new Map(Object.entries(second))],
  ]);
  const importable = importableUsers(held, new Map(secrets.map((made) => [made.metadata.name, made])));
  return planImport(importable, { held, declared: new Set(), taken: new Set() }, target);
}

function secret(name: string, secretKey: string, labels: Readonly<Record<string, string>> = {}): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'prod', labels },
    data: { secretKey: toSecretData(secretKey) },
  };
}

describe('an import of users', () => {
  it('declares one with its policies, and lets it outlive its object', () => {
    const policies = [
      policy('Topic:ORDERS*'),
      policy('Topic:SECRET', { decision: 'Deny', actions: ['All'], sourceIps: ['10.0.0.0/8'] }),
    ];
    const { written, leftOut } = importOf({ Order: actual([account('Order')], policies) });
    expect(leftOut).toEqual([]);
    expect(written.map(({ object }) => object)).toEqual([
      {
        apiVersion: 'rocketmq.gantry.dev/v1beta1',
        kind: 'User',
        metadata: { namespace: 'prod', name: 'order' },
        spec: {
          clusterRef: { name: 'c' },
          userName: 'Order',
          credentials: 'Given',
          secretName: 'order-rocketmq',
          policies: [
            { resource: 'Topic:ORDERS*', actions: ['Pub', 'Sub'] },
            { resource: 'Topic:SECRET', actions: ['All'], decision: 'Deny', sourceIps: ['10.0.0.0/8'] },
          ],
          deletionPolicy: 'Retain',
        },
      },
    ]);
  });

  it('declares a Super user', () => {
    const { written } = importOf({ root: actual([account('root', { type: 'Super' })]) });
    expect(written[0]?.object.spec).toMatchObject({ type: 'Super', credentials: 'Given' });
  });

  it('shows no password, and says which Secret is needed', () => {
    const plan = importOf({ order: actual([account('order')]) });
    const needs =
      'needs the Secret order-rocketmq, with its password as secretKey and the label rocketmq.gantry.dev/credentials: user';
    for (const language of ['json', 'yaml'] as const) {
      const format = { language, secrets: false };
      const text = printObjects(plan, format) + summary(plan, 0, format).join('\n');
      expect(text).not.toContain(PASSWORD);
      expect(text).not.toContain(toSecretData(PASSWORD));
      expect(text).toContain(needs);
    }
    expect(printObjects(plan, { language: 'yaml', secrets: false })).toContain(
      `---\n# ${needs}\napiVersion: `,
    );
  });

  it('writes the Secrets down when it is asked to, each before its User', () => {
    const plan = importOf({ order: actual([account('order')]) });
    const format = { language: 'yaml', secrets: true } as const;
    const [made, user] = printObjects(plan, format).split('---\n').slice(1);
    expect(load(made ?? '')).toMatchObject({
      kind: 'Secret',
      metadata: { name: 'order-rocketmq', namespace: 'prod', labels: { [givenLabel.key]: givenLabel.value } },
      data: { accessKey: toSecretData('order'), secretKey: toSecretData(PASSWORD) },
    });
    expect(load(user ?? '')).toMatchObject({ kind: 'User' });
    expect(summary(plan, 0, format)).toEqual(['1 objects, 0 of which only observe; 0 were declared before']);
  });

  it('takes a Secret that is there', () => {
    const there = secret('order-rocketmq', PASSWORD, { [givenLabel.key]: givenLabel.value });
    const { written } = importOf({ order: actual([account('order')]) }, undefined, [there]);
    expect(written).toMatchObject([{ object: { spec: { secretName: 'order-rocketmq' } } }]);
    expect(written[0]?.secret).toBeUndefined();
  });

  const one = { order: actual([account('order')]) };

  it.each<[string, Import, RegExp]>([
    ['a member lacks', importOf(one, {}), /^user order: c-a-1-0 has none$/],
    [
      'members have with different passwords',
      importOf(one, { order: actual([account('order', { password: 'other' })]) }),
      /^user order: c-a-1-0: other password$/,
    ],
    [
      'is disabled',
      importOf({ order: actual([account('order', { enabled: false })]) }),
      /^user order: c-a-0-0: other userStatus; c-a-1-0: other userStatus$/,
    ],
    [
      'has policies of the type Default',
      importOf({ order: actual([account('order')], [policy('*', { policyType: 'Default' })]) }),
      /^user order: c-a-0-0: other policies;/,
    ],
    [
      'has a name that no User can have',
      importOf({ 'first.last': actual([account('first.last')]) }),
      /^user first\.last: .*userName/,
    ],
    [
      'has a policy that no User can have',
      importOf({ order: actual([account('order')], [policy('Namespace:x')]) }),
      /^user order: .*resource/,
    ],
    [
      'the operator made once',
      importOf({ order: actual([account('order.a')]) }),
      /^user order: order\.a, as only a User with generated credentials is called/,
    ],
    [
      'has a password that a Secret cannot give',
      importOf({ order: actual([account('order', { password: ' x' })]) }),
      /^user order: secretKey of the Secret order-rocketmq begins or ends with white space/,
    ],
    [
      'would need a Secret whose name is taken',
      importOf(one, undefined, [secret('order-rocketmq', 'mine')]),
      /^user order: there is no Secret order-rocketmq with the label/,
    ],
    [
      'has another password than its Secret',
      importOf(one, undefined, [secret('order-rocketmq', 'mine', { [givenLabel.key]: givenLabel.value })]),
      /^user order: c-a-0-0: other password/,
    ],
  ])('leaves one out that %s, and says so without its password', (_what, plan, why) => {
    expect(plan.written).toEqual([]);
    expect(plan.leftOut).toEqual([expect.stringMatching(why)]);
    expect(plan.leftOut.join()).not.toContain(PASSWORD);
  });

  it('whose output is applied changes nothing, whatever there is', () => {
    const users = fc.record({
      password: fc.string({ unit: fc.constantFrom('a', ' ', 'ü'), minLength: 1, maxLength: 3 }),
      type: fc.constantFrom<'Normal' | 'Super'>('Normal', 'Super'),
      enabled: fc.boolean(),
      policies: fc.array(
        fc.record({
          policyType: fc.constantFrom<'Custom' | 'Default'>('Custom', 'Default'),
          resource: fc.constantFrom('*', 'Topic:T', 'Group:G*', 'Namespace:n'),
          actions: fc.constantFrom<readonly string[]>(['Pub'], ['Sub', 'All'], []),
          sourceIps: fc.constantFrom<readonly string[]>([], ['10.0.0.1'], ['::1']),
          decision: fc.constantFrom<'Allow' | 'Deny'>('Allow', 'Deny'),
        }),
        { maxLength: 2 },
      ),
    });
    const table = fc.dictionary(fc.constantFrom('A', 'b', 'b-', 'x.y'), users, { maxKeys: 3 });
    fc.assert(
      fc.property(table, fc.option(table, { nil: undefined }), (first, second = first) => {
        const [one_, two] = [first, second].map((rows) =>
          Object.fromEntries(
            Object.entries(rows).map(([name, { policies, ...rest }]) => [
              name,
              actual([account(name, rest)], policies),
            ]),
          ),
        );
        const held = new Map([
          ['c-a-0-0', new Map(Object.entries(one_ ?? {}))],
          ['c-a-1-0', new Map(Object.entries(two ?? {}))],
        ]);
        const { kind } = importableUsers(held, new Map());
        for (const { object, secret: made } of importOf(one_ ?? {}, two).written) {
          const declaration = kind.declare(JSON.parse(JSON.stringify(object)));
          if (!declaration.ok) throw new Error(declaration.message);
          const { desired } = declaration;
          expect(fromSecretData(made?.data?.['secretKey'])).toBe(desired.users[0]?.password);
          for (const members of held.values())
            expect(kind.compare(desired, members.get(declaration.name)).kind).toBe('Same');
        }
      }),
    );
  });
});
