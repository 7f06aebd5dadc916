import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  RocketmqClient,
  type AccessPolicy,
  type AccessUser,
  type BrokerAdmin,
} from '../../operator/src/rocketmq/mod.ts';
import { accessSettings } from './access.ts';
import { BrokerStore } from './broker-store.ts';
import { FakeBroker } from './broker.ts';
import { FakeCluster } from './mod.ts';
import { RawClient } from './raw-client.ts';

const inner = { accessKey: 'inner', secretKey: 'innerpw' };
const innerUser: AccessUser = { username: 'inner', password: 'innerpw', type: 'Super', enabled: true };
const app: AccessUser = { username: 'app', password: 'apppw', type: 'Normal', enabled: true };
const appCredentials = { accessKey: 'app', secretKey: 'apppw' };
const policy = (resource: string, change: Partial<AccessPolicy> = {}): AccessPolicy => ({
  policyType: 'Custom',
  resource,
  actions: ['Pub'],
  sourceIps: [],
  decision: 'Allow',
  ...change,
});

let client: RocketmqClient;
let raw: RawClient;
let broker: FakeBroker;
let admin: BrokerAdmin;
let stop: () => Promise<void>;

beforeEach(() => {
  client = new RocketmqClient({ credentials: inner });
  raw = new RawClient();
});

afterEach(async () => {
  raw.close();
  await client.close();
  await stop();
});

async function start(settings?: ReadonlyMap<string, string>, store = new BrokerStore([])): Promise<void> {
  const identity = { cluster: 'c', brokerName: 'broker-a', id: 1 };
  broker = new FakeBroker(identity, () => undefined, {
    store,
    ...(settings === undefined ? {} : { settings }),
  });
  await broker.server.listen();
  stop = async () => broker.server.close();
  admin = client.broker(broker.address);
}

describe('a broker without access control', () => {
  it('knows no users, and fails as if it were broken', async () => {
    await start();
    const told = { code: 'Refused', responseCode: 1, retryable: true };
    await expect(admin.users()).rejects.toMatchObject(told);
    await expect(admin.createUser(app)).rejects.toMatchObject(told);
    await expect(admin.deletePolicy('app', policy('*'))).rejects.toMatchObject(told);
    await expect(admin.policies()).rejects.toMatchObject({
      ...told,
      reason: expect.stringContaining('The authorizationMetadataProvider is not configured.'),
    });
  });
});

describe('a broker that lets everybody in', () => {
  const settings = accessSettings({ innerCredentials: inner, enforced: false });

  it('has the inner user from its start, and keeps what its volume has', async () => {
    await start(settings);
    await expect(admin.users()).resolves.toEqual(new Map([['inner', innerUser]]));
    await admin.changeUser({ ...innerUser, password: 'changed' });
    await broker.server.close();
    await start(settings, broker.store);
    expect((await admin.users()).get('inner')?.password).toBe('changed');
  });

  it('takes requests that nobody signed', async () => {
    await start(settings);
    await expect(client.as(undefined).broker(broker.address).users()).resolves.toHaveProperty('size', 1);
  });

  it('keeps users as they are written', async () => {
    await start(settings);
    await admin.createUser(app);
    await expect(admin.createUser(app)).rejects.toMatchObject({ code: 'Refused', responseCode: 16 });
    const changed: AccessUser = { ...app, password: 'new', enabled: false };
    await admin.changeUser(changed);
    expect((await admin.users()).get('app')).toEqual(changed);
    await expect(admin.changeUser({ ...app, username: 'gone' })).rejects.toMatchObject({ code: 'NotFound' });
    await admin.deleteUser('app');
    await admin.deleteUser('app');
    expect([...(await admin.users()).keys()]).toEqual(['inner']);
  });

  it('merges policies by type and resource', async () => {
    await start(settings);
    await admin.createUser(app);
    const isDefault: AccessPolicy = policy('Topic:A', { policyType: 'Default', decision: 'Deny' });
    await admin.putPolicies('app', [policy('Topic:A', { sourceIps: ['10.0.0.0/8'] }), isDefault]);
    await admin.putPolicies('app', [policy('group:*', { actions: ['sub', 'Nonsense'] })]);
    const replaced = policy('Topic:A', { actions: ['Sub', 'Pub'] });
    await admin.putPolicies('app', [replaced]);
    expect((await admin.policies()).get('app')).toEqual([
      replaced,
      policy('Group:*', { actions: ['Sub'] }),
      isDefault,
    ]);
  });

  it.each<readonly [Partial<AccessPolicy>, string]>([
    [{ resource: 'Queue:A' }, 'The resource is null.'],
    [{ actions: ['Nonsense'] }, 'The actions is empty.'],
    [{ actions: ['Any'] }, 'The actions can not be Any.'],
    [{ sourceIps: ['10.0.0.0/33'] }, 'The source ip is invalid.'],
    [{ sourceIps: ['example.org'] }, 'The source ip is invalid.'],
  ])('takes no policy with %j', async (change, reason) => {
    await start(settings);
    await admin.createUser(app);
    const put = admin.putPolicies('app', [policy('Topic:A', change)]);
    await expect(put).rejects.toMatchObject({ responseCode: 16, reason: expect.stringContaining(reason) });
  });

  it('takes no policy of nobody', async () => {
    await start(settings);
    await expect(admin.putPolicies('app', [policy('*')])).rejects.toMatchObject({
      code: 'NotFound',
      reason: expect.stringContaining('The subject of User:app is not exist.'),
    });
  });

  it('deletes one policy, and forgets a user without any', async () => {
    await start(settings);
    await admin.createUser(app);
    await admin.putPolicies('app', [policy('Topic:A'), policy('Topic:B')]);
    await admin.deletePolicy('app', { policyType: 'Default', resource: 'Topic:A' });
    await admin.deletePolicy('app', policy('Topic:A'));
    expect((await admin.policies()).get('app')).toEqual([policy('Topic:B')]);
    await admin.deletePolicy('app', policy('Topic:B'));
    expect((await admin.policies()).size).toBe(0);
    await admin.deletePolicy('app', policy('Topic:B'));
    await admin.deletePolicy('gone', policy('Topic:B'));
  });

  it('deletes all policies when it cannot read the resource', async () => {
    await start(settings);
    await admin.createUser(app);
    await admin.putPolicies('app', [policy('Topic:A'), policy('Topic:B')]);
    await raw.call(broker.address, 3008, { subject: 'User:app', resource: 'Queue:A' });
    expect((await admin.policies()).size).toBe(0);
  });

  it('deletes the policies of a user with the user', async () => {
    await start(settings);
    await admin.createUser(app);
    await admin.putPolicies('app', [policy('*')]);
    await admin.deleteUser('app');
    await admin.createUser(app);
    expect((await admin.policies()).size).toBe(0);
  });

  it('answers for what is not there with an empty body', async () => {
    await start(settings);
    await admin.createUser(app);
    const requests: readonly (readonly [number, Record<string, string>])[] = [
      [3004, { username: 'gone' }],
      [3005, { filter: 'gone' }],
      [3009, { subject: 'User:app' }],
      [3010, {}],
    ];
    for (const [code, ext] of requests) {
      const response = await raw.call(broker.address, code, ext);
      expect([response.code, response.remark, response.body.length]).toEqual([
        0,
        'not set any response code',
        0,
      ]);
    }
  });
});

describe('a broker that checks requests', () => {
  beforeEach(async () => {
    await start(accessSettings({ innerCredentials: inner, enforced: true }));
    await admin.createUser(app);
  });

  it.each([
    [undefined, 'username cannot be null.'],
    [{ accessKey: 'gone', secretKey: 'x' }, 'User:gone is not found.'],
    [{ accessKey: 'app', secretKey: 'wrong' }, 'check signature failed.'],
  ])('refuses %j', async (credentials, reason) => {
    await expect(client.as(credentials).broker(broker.address).topicConfigs()).rejects.toMatchObject({
      code: 'NotPermitted',
      reason: expect.stringContaining(reason),
    });
  });

  it('refuses whoever is disabled', async () => {
    await admin.changeUser({ ...app, enabled: false });
    await expect(client.as(appCredentials).broker(broker.address).config()).rejects.toMatchObject({
      reason: expect.stringContaining('User:app is disabled.'),
    });
  });

  it('serves whoever signs, in fields and body', async () => {
    const asApp = client.as(appCredentials).broker(broker.address);
    await asApp.updateConfig(new Map([['fileReservedTime', '48']]));
    expect((await asApp.config()).get('fileReservedTime')).toBe('48');
    const token = { ...appCredentials, securityToken: 't' };
    await expect(client.as(token).broker(broker.address).topicConfig('t')).resolves.toBeUndefined();
  });

  it('shows and changes users for Super users only', async () => {
    const asApp = client.as(appCredentials).broker(broker.address);
    const told = {
      code: 'NotPermitted',
      reason: expect.stringContaining(
        'User:app has no permission to access Cluster:c from 127.0.0.1, no matched policies.',
      ),
    };
    await expect(asApp.users()).rejects.toMatchObject(told);
    await expect(asApp.deletePolicy('app', policy('*'))).rejects.toMatchObject(told);
    await expect(asApp.createUser({ ...app, username: 'b', type: 'Super' })).rejects.toMatchObject(told);
    await expect(admin.users()).resolves.toHaveProperty('size', 2);
  });
});

describe('a cluster with access control', () => {
  it('gives every broker users of its own', async () => {
    const cluster = await FakeCluster.start({
      groups: ['broker-a'],
      access: { innerCredentials: inner, enforced: true },
    });
    stop = async () => cluster.stop();
    const [first, second] = cluster.brokers('broker-a').map(({ address }) => client.broker(address));
    await first?.createUser(app);
    cluster.syncMetadata();
    expect([...((await first?.users()) ?? [])].map(([name]) => name)).toEqual(['app', 'inner']);
    expect([...((await second?.users()) ?? [])].map(([name]) => name)).toEqual(['inner']);
  });
});
