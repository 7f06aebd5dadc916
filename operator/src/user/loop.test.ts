import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { FakeCluster } from '../../../test/fakes/mod.ts';
import { userNameOf, type User } from '../api/mod.ts';
import { waitUntil } from '../kube/testing/wait-until.ts';
import { LoopHarness } from '../objects/testing/loop-harness.ts';
import type { Credentials } from '../rocketmq/mod.ts';
import type { UserCredentials } from './credentials/lookup.ts';
import { userKind } from './kind.ts';
import { user } from './testing/user.ts';

// Real sockets on a machine that may be busy with other tests.
jest.setTimeout(60_000);

const PATIENCE_MS = 20_000;
const requests = { createUser: 3001, updateUser: 3002, listUsers: 3005, clusterInfo: 106 };
const access = { innerCredentials: { accessKey: 'gantry-inner-1', secretKey: 'inner' }, enforced: true };
const members = ['c-broker-a-0-0', 'c-broker-a-1-0', 'c-broker-b-0-0', 'c-broker-b-1-0'];
const ordersOnly: NonNullable<User['spec']['policies']>[number] = {
  resource: 'Topic:ORDERS*',
  actions: ['Pub', 'Sub'],
  decision: 'Allow',
};
const orders = [ordersOnly];

/** By name of the User; of others: one pair of their own. */
const credentials = new Map<string, UserCredentials>();
const pair = (turn: string, secretKey = `key ${turn}`): Credentials => ({ accessKey: turn, secretKey });
const kind = userKind((object) => {
  const known = credentials.get(object.metadata.name);
  return known ?? { ok: true, pairs: [pair(`${userNameOf(object)}.a`)] };
});
const newLoop = (timings: ConstructorParameters<typeof LoopHarness>[1] = {}) =>
  new LoopHarness(kind, timings);

let loop = newLoop();
afterEach(async () => {
  credentials.clear();
  await loop.stop();
});

const brokersOf = (cluster: FakeCluster) => cluster.groupNames.flatMap((name) => cluster.brokers(name));
const usersOn = (cluster: FakeCluster): readonly string[] =>
  brokersOf(cluster).map(({ store }) => [...store.users.keys()].toSorted().join(' '));

async function withUsers(...users: readonly User[]): Promise<FakeCluster> {
  loop = newLoop({ resyncMs: 100 });
  const cluster = await loop.addCluster('c', { access });
  for (const each of users) loop.server.put(each);
  loop.start();
  await waitUntil('all are Ready', () => loop.allReady(), PATIENCE_MS);
  return cluster;
}

describe('users on brokers', () => {
  it('are on every member, by signed requests, with what they may do', async () => {
    const cluster = await withUsers(user('order', { policies: orders }), user('admin', { type: 'Super' }));
    for (const { store } of brokersOf(cluster)) {
      expect([...store.users.keys()].toSorted()).toEqual(['admin.a', 'gantry-inner-1', 'order.a']);
      expect(store.users.get('order.a')).toMatchObject({ password: 'key order.a', userType: 'Normal' });
      expect(store.users.get('admin.a')).toMatchObject({ userType: 'Super' });
      expect([...store.acls]).toEqual([
        [
          'User:order.a',
          [
            {
              policyType: 'Custom',
              entries: [{ resource: 'Topic:ORDERS*', actions: ['Pub', 'Sub'], decision: 'Allow' }],
            },
          ],
        ],
      ]);
    }
    expect(loop.server.get('n/order').status).toMatchObject({
      userName: 'order',
      members,
      accessKeys: ['order.a'],
    });
    expect(loop.ready('n/order')?.message).toBe('The user is as declared on every member of its cluster.');
    expect(loop.events).toEqual([]);
    expect(cluster.calls('nameServers', requests.clusterInfo)).toBe(0);
  });

  it('are left as they are when there is nothing to do', async () => {
    const cluster = await withUsers(user('order', { policies: orders }));
    const { writes } = loop.server;
    const lists = cluster.calls('brokers', requests.listUsers);
    await waitUntil(
      'a resync has come by',
      () => cluster.calls('brokers', requests.listUsers) >= lists + 8,
      PATIENCE_MS,
    );
    expect(cluster.calls('brokers', requests.createUser)).toBe(4);
    expect(cluster.calls('brokers', requests.updateUser)).toBe(0);
    expect(loop.server.writes).toBe(writes);
  });

  it('are repaired where somebody changed them, and that is told without a password', async () => {
    const cluster = await withUsers(user('order', { policies: orders }));
    const { store } = cluster.brokers('broker-a')[1] ?? cluster.master('broker-a');
    const order = store.users.get('order.a');
    if (order !== undefined) store.users.set('order.a', { ...order, password: 'by hand' });
    store.acls.set('User:order.a', [
      { policyType: 'Default', entries: [{ resource: '*', actions: ['All'], decision: 'Allow' }] },
    ]);
    await waitUntil('it is told', () => loop.events.length > 0, PATIENCE_MS);
    expect(store.users.get('order.a')).toMatchObject({ password: 'key order.a' });
    expect(store.acls.get('User:order.a')?.map(({ policyType }) => policyType)).toEqual(['Custom']);
    expect(loop.events).toEqual([
      {
        key: 'n/order',
        reason: 'DriftRepaired',
        note: 'user order differed from its declaration and was repaired: password, policies on c-broker-a-1-0',
      },
    ]);
  });

  it('that were there before are taken over, and that is told', async () => {
    loop = newLoop();
    const cluster = await loop.addCluster('c', { access, groups: ['broker-a'], replicas: 1 });
    const { store } = cluster.master('broker-a');
    store.users.set('order', {
      username: 'order',
      password: 'old',
      userType: 'Normal',
      userStatus: 'enable',
    });
    credentials.set('order', { ok: true, pairs: [pair('order')] });
    loop.server.put(user('order'));
    loop.start();
    await loop.becomesReady('n/order');
    expect(store.users.get('order')).toMatchObject({ password: 'key order' });
    expect(loop.events).toEqual([
      {
        key: 'n/order',
        reason: 'Adopted',
        note: 'user order was already on c-broker-a-0-0 and is managed by this object from now on; changed password on c-broker-a-0-0',
      },
    ]);
  });

  it('a member that is silent is named, and keeps nothing from the others', async () => {
    loop = newLoop();
    const cluster = await loop.addCluster('c', { access });
    const silent = cluster.brokers('broker-b')[1];
    if (silent === undefined) throw new Error('no replica');
    silent.server.fault = 'Hang';
    loop.server.put(user('order'));
    loop.start();
    const condition = await loop.hasReason('n/order', 'BrokerUnreachable');
    const message = `c-broker-b-1-0, ${silent.address}, does not answer in time`;
    expect(condition).toMatchObject({ status: 'Unknown', message });
    expect(usersOn(cluster)).toEqual([
      ...Array.from({ length: 3 }, () => 'gantry-inner-1 order.a'),
      'gantry-inner-1',
    ]);
    expect(loop.server.get('n/order').status).toMatchObject({
      members: members.slice(0, 3),
      differing: [{ member: 'c-broker-b-1-0', reason: 'BrokerUnreachable', message }],
    });
    expect(loop.server.get('n/order').status?.accessKeys).toBeUndefined();
    silent.server.fault = 'None';
    await loop.becomesReady('n/order');
    expect(silent.store.users.has('order.a')).toBe(true);
    expect(loop.server.get('n/order').status).toMatchObject({ members, accessKeys: ['order.a'] });
  });

  it('one that a broker refuses does not keep the others away', async () => {
    loop = newLoop();
    const cluster = await loop.addCluster('c', { access });
    loop.server.put(user('bad', { policies: [{ ...ordersOnly, sourceIps: [':::::/64'] }] }));
    for (const name of ['one', 'two', 'three']) loop.server.put(user(name, { policies: orders }));
    loop.start();
    for (const name of ['one', 'two', 'three']) await loop.becomesReady(`n/${name}`);
    const condition = await loop.hasReason('n/bad', 'RefusedByBroker');
    expect(condition.message).toMatch(/^c-broker-a-0-0 refuses it: .*The source ip is invalid/);
    for (const { store } of brokersOf(cluster)) expect(store.acls.has('User:three.a')).toBe(true);
  });

  it('two objects of one name do not fight: the first one has it', async () => {
    loop = newLoop();
    const cluster = await loop.addCluster('c', { access, groups: ['broker-a'], replicas: 1 });
    loop.server.put(user('a', { userName: 'order' }));
    loop.server.put(user('b', { userName: 'order', type: 'Super' }));
    loop.start();
    await loop.becomesReady('n/a');
    const condition = await loop.hasReason('n/b', 'Conflict');
    expect(condition.message).toBe('User n/a declared order first and owns it');
    expect(cluster.master('broker-a').store.users.get('order.a')).toMatchObject({ userType: 'Normal' });
  });

  it('wait for a cluster that has access control', async () => {
    loop = newLoop();
    await loop.addCluster('c', { access });
    loop.tellCluster('c', { accessControl: false });
    loop.server.put(user('order'));
    loop.start();
    expect((await loop.hasReason('n/order', 'AccessControlOff')).message).toContain(
      'spec.security.acl.enabled',
    );
    loop.tellCluster('c');
    await loop.becomesReady('n/order');
  });
});

describe('credentials of users', () => {
  it('that are missing are waited for', async () => {
    loop = newLoop();
    const cluster = await loop.addCluster('c', { access });
    const lacks = { kind: 'Waiting', reason: 'SecretNotFound', message: 'there is none' } as const;
    credentials.set('order', { ok: false, lacks });
    loop.server.put(user('order'));
    loop.start();
    await loop.hasReason('n/order', 'SecretNotFound');
    expect(new Set(usersOn(cluster))).toEqual(new Set(['gantry-inner-1']));
    credentials.delete('order');
    loop.touch('n/order');
    await loop.becomesReady('n/order');
  });

  it('change with their Secret, which is no drift; both work while they are rotated', async () => {
    const cluster = await withUsers(user('order', { policies: orders }));
    const both = { ok: true, pairs: [pair('order.a'), pair('order.b')], rotation: { id: 'r1' } } as const;
    credentials.set('order', both);
    loop.touch('n/order');
    const status = () => loop.server.get('n/order').status;
    await waitUntil('both are told', () => status()?.accessKeys?.length === 2, PATIENCE_MS);
    expect(new Set(usersOn(cluster))).toEqual(new Set(['gantry-inner-1 order.a order.b']));
    expect(status()).toMatchObject({ accessKeys: ['order.a', 'order.b'], rotation: { id: 'r1' } });
    for (const { store } of brokersOf(cluster)) expect(store.acls.has('User:order.b')).toBe(true);
    credentials.set('order', { ...both, pairs: [pair('order.b')] });
    loop.touch('n/order');
    await waitUntil('one is left', () => status()?.accessKeys?.join() === 'order.b', PATIENCE_MS);
    expect(new Set(usersOn(cluster))).toEqual(new Set(['gantry-inner-1 order.b']));
    expect(loop.events).toEqual([]);
  });

  it('end on every member when their object is deleted', async () => {
    credentials.set('order', { ok: true, pairs: [pair('order.a'), pair('order.b')] });
    const cluster = await withUsers(user('order', { policies: orders }), user('other'));
    loop.server.delete('n/order');
    await waitUntil('it is gone', () => !loop.server.has('n/order'), PATIENCE_MS);
    expect(new Set(usersOn(cluster))).toEqual(new Set(['gantry-inner-1 other.a']));
    for (const { store } of brokersOf(cluster)) expect(store.acls.size).toBe(0);
    expect(loop.events.map(({ note }) => note)).toEqual(['user order was deleted with this object']);
  });

  it('end at once on members that answer, and the object stays until the last one did', async () => {
    const cluster = await withUsers(user('order'));
    const silent = cluster.brokers('broker-a')[1];
    if (silent === undefined) throw new Error('no replica');
    silent.server.fault = 'Hang';
    loop.server.delete('n/order');
    await loop.hasReason('n/order', 'BrokerUnreachable');
    expect(usersOn(cluster)).toEqual([
      'gantry-inner-1',
      'gantry-inner-1 order.a',
      'gantry-inner-1',
      'gantry-inner-1',
    ]);
    silent.server.fault = 'None';
    await waitUntil('it is gone', () => !loop.server.has('n/order'), PATIENCE_MS);
    expect(silent.store.users.has('order.a')).toBe(false);
  });

  it('go on to work when it says so', async () => {
    const cluster = await withUsers(user('order', { deletionPolicy: 'Retain' }));
    loop.server.delete('n/order');
    expect(loop.server.has('n/order')).toBe(false);
    expect(new Set(usersOn(cluster))).toEqual(new Set(['gantry-inner-1 order.a']));
  });
});
