import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { ScriptedTransport } from '../testing/scripted-transport.ts';
import type { AccessPolicy, AccessUser } from '../types.ts';
import { accessCalls } from './access.ts';
import { Caller } from './caller.ts';

const adminOf = (answer: ConstructorParameters<typeof ScriptedTransport>[0] = () => ({})) => {
  const transport = new ScriptedTransport(answer);
  const caller = new Caller({ transport, address: 'broker:10911', requestTimeoutMs: 5000 });
  return { transport, admin: accessCalls(caller) };
};

const user: AccessUser = { username: 'app', password: 'hunter2', type: 'Normal', enabled: true };
const policy: AccessPolicy = {
  policyType: 'Custom',
  resource: 'Topic:App*',
  actions: ['Pub', 'Sub'],
  sourceIps: ['10.0.0.0/8'],
  decision: 'Allow',
};
const refused = (remark: string) => adminOf(() => ({ code: 16, remark })).admin;

describe('users', () => {
  it('are read with their passwords, whatever the case of the words', async () => {
    const body =
      '[{"password":"apppw","userStatus":"enable","userType":"Normal","username":"app"},{"password":"p","userStatus":"DISABLE","userType":"SUPER","username":"root"},{"password":"p","userType":"normal","username":"old"}]';
    const { admin, transport } = adminOf(() => ({ body }));
    expect([...(await admin.users()).values()]).toEqual([
      { username: 'app', password: 'apppw', type: 'Normal', enabled: true },
      { username: 'root', password: 'p', type: 'Super', enabled: false },
      { username: 'old', password: 'p', type: 'Normal', enabled: true },
    ]);
    expect(transport.sent.map(({ code }) => code)).toEqual([3005]);
  });

  it('are none when the answer is empty', async () => {
    await expect(adminOf().admin.users()).resolves.toEqual(new Map());
  });

  it('of an unknown type are not guessed at, nor shown', async () => {
    const body = '[{"password":"apppw","userType":"Odd","username":"app"}]';
    const error: unknown = await adminOf(() => ({ body }))
      .admin.users()
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'Protocol' });
    expect(inspect(error, { depth: 10 })).not.toContain('apppw');
  });

  it('are created and changed as a whole', async () => {
    const { admin, transport } = adminOf();
    await admin.createUser(user);
    await admin.changeUser({ ...user, type: 'Super', enabled: false });
    await admin.deleteUser('app');
    const sent = transport.sent.map(({ code, extFields, body }) => [
      code,
      extFields,
      body === '' ? '' : JSON.parse(body),
    ]);
    const fields = { username: 'app', password: 'hunter2', userType: 'Normal', userStatus: 'enable' };
    expect(sent).toEqual([
      [3001, { username: 'app' }, fields],
      [3002, { username: 'app' }, { ...fields, userType: 'Super', userStatus: 'disable' }],
      [3003, { username: 'app' }, ''],
    ]);
  });

  it('get no blank password, which a broker would take for no change', async () => {
    const { admin, transport } = adminOf();
    await expect(admin.changeUser({ ...user, password: ' ' })).rejects.toMatchObject({ code: 'Invalid' });
    expect(transport.sent).toEqual([]);
  });

  it('keep their password out of errors', async () => {
    const { admin } = adminOf(() => ({ code: 1, remark: 'cannot store hunter2' }));
    for (const write of [admin.createUser(user), admin.changeUser(user)]) {
      const error: unknown = await write.catch((cause: unknown) => cause);
      expect(inspect(error, { depth: 10 })).not.toContain('hunter2');
      expect(error).toMatchObject({ code: 'Refused', responseCode: 1 });
    }
  });
});

describe('policies', () => {
  it('are read by user, without what is not said', async () => {
    const body =
      '[{"policies":[{"entries":[{"actions":["Pub","Sub"],"decision":"Allow","resource":"Topic:App*","sourceIps":["10.0.0.0/8"]},{"actions":["All"],"decision":"DENY","resource":"*"}],"policyType":"Custom"},{"policyType":"Default"}],"subject":"User:app"},{"subject":"User:bare"},{"subject":"Role:other"}]';
    const { admin, transport } = adminOf(() => ({ body }));
    await expect(admin.policies()).resolves.toEqual(
      new Map([
        [
          'app',
          [
            policy,
            { policyType: 'Custom', resource: '*', actions: ['All'], sourceIps: [], decision: 'Deny' },
          ],
        ],
        ['bare', []],
      ]),
    );
    expect(transport.sent.map(({ code }) => code)).toEqual([3010]);
  });

  it('are none when the answer is empty', async () => {
    await expect(adminOf().admin.policies()).resolves.toEqual(new Map());
  });

  it('are written as one of each type, however they are mixed', async () => {
    const { admin, transport } = adminOf();
    const other = { ...policy, resource: 'Group:G' };
    await admin.putPolicies('app', [policy, { ...policy, policyType: 'Default' }, other]);
    await admin.putPolicies('app', []);
    const { policyType: _type, ...entry } = policy;
    expect(transport.sent).toHaveLength(1);
    expect(transport.sent[0]).toMatchObject({ code: 3007, extFields: { subject: 'User:app' } });
    expect(JSON.parse(transport.sent[0]?.body ?? '')).toEqual({
      subject: 'User:app',
      policies: [
        { policyType: 'Custom', entries: [entry, { ...entry, resource: 'Group:G' }] },
        { policyType: 'Default', entries: [entry] },
      ],
    });
  });

  it('are deleted one by one', async () => {
    const { admin, transport } = adminOf();
    await admin.deletePolicy('app', policy);
    expect(transport.sent).toMatchObject([
      {
        code: 3008,
        extFields: { subject: 'User:app', policyType: 'Custom', resource: 'Topic:App*' },
        body: '',
      },
    ]);
  });

  it.each(['', 'Topic', 'Topic:', 'Queue:q', 'Topic :x'])(
    'are never deleted all at once by %j',
    async (resource) => {
      const { admin, transport } = adminOf();
      const deletion = admin.deletePolicy('app', { policyType: 'Custom', resource });
      await expect(deletion).rejects.toMatchObject({ code: 'Invalid' });
      expect(transport.sent).toEqual([]);
    },
  );

  it.each(['The acl is not exist.', 'The subject is not exist.'])(
    'that are gone are deleted: %s',
    async (remark) => {
      await expect(refused(remark).deletePolicy('app', policy)).resolves.toBeUndefined();
    },
  );

  it.each(['check signature failed.', 'User:op is not found.', 'username cannot be null.'])(
    'are not deleted when the caller is refused: %s',
    async (remark) => {
      const deletion = refused(remark).deletePolicy('app', policy);
      await expect(deletion).rejects.toMatchObject({ code: 'NotPermitted', responseCode: 16 });
    },
  );
});

describe('code 16', () => {
  it.each([
    ['The user is not exist', 'NotFound', true],
    ['The subject of User:app is not exist.', 'NotFound', true],
    ['The user is existed', 'Refused', true],
    ['The source ip is invalid.', 'NotPermitted', false],
    [
      'User:op has no permission to access Cluster:c from 10.0.0.1, no matched policies.',
      'NotPermitted',
      false,
    ],
  ])('with %j is %s', async (remark, code, retryable) => {
    const meaning = { code, retryable, responseCode: 16, reason: expect.stringContaining(remark) };
    await expect(refused(remark).putPolicies('app', [policy])).rejects.toMatchObject(meaning);
    await expect(refused(remark).createUser(user)).rejects.toMatchObject(meaning);
  });
});
