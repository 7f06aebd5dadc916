import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { FakeCluster } from '../../../test/fakes/mod.ts';
import type { TopicSpec } from '../api/mod.ts';
import { KubeError } from '../kube/mod.ts';
import { waitUntil } from '../kube/testing/wait-until.ts';
import { LoopHarness } from '../objects/testing/loop-harness.ts';
import { topicKind } from './kind.ts';
import { topic } from './testing/topic.ts';

// Real sockets on a machine that may be busy with other tests.
jest.setTimeout(60_000);
const PATIENCE_MS = 20_000;

let loop = new LoopHarness(topicKind);
afterEach(async () => loop.stop());

/** A loop that runs, a cluster, and a topic on it that is to go with its object. */
async function withTopic(
  spec: Partial<TopicSpec> = {},
  shape: Parameters<LoopHarness<never, never, never, never>['addCluster']>[1] = {},
): Promise<FakeCluster> {
  loop = new LoopHarness(topicKind, { resyncMs: 100 });
  const cluster = await loop.addCluster('c', shape);
  loop.server.put(topic('t', { deletionPolicy: 'Delete', ...spec }));
  loop.start();
  await loop.becomesReady('n/t');
  return cluster;
}

async function isGone(key = 'n/t'): Promise<void> {
  await waitUntil(`${key} is gone`, () => !loop.server.has(key), PATIENCE_MS);
}

/** Wherever it is still, as a name of a broker group or the address of a name server. */
function traces(cluster: FakeCluster, name: string): readonly string[] {
  const brokers = cluster.groupNames.flatMap((group) =>
    cluster.brokers(group).flatMap(({ topics }) => (topics.get(name) === undefined ? [] : [group])),
  );
  const routes = cluster.nameServers.flatMap((server) => (server.hasRoute(name) ? [server.address] : []));
  return [...brokers, ...routes];
}

const finalizers = (): readonly string[] => loop.server.get('n/t').metadata.finalizers ?? [];

describe('a topic whose object is deleted', () => {
  it('goes from every broker and every name server, before its object', async () => {
    const cluster = await withTopic({}, { replicas: 3, nameServers: 3 });
    cluster.syncMetadata();
    expect(traces(cluster, 't').length).toBe(2 * 3 + 3);
    for (const { topics } of cluster.masters()) topics.add({ topicName: 'mine' });
    loop.server.delete('n/t');
    await isGone();
    expect(traces(cluster, 't')).toEqual([]);
    expect(cluster.masters().every(({ topics }) => topics.get('mine') !== undefined)).toBe(true);
    expect(loop.events).toEqual([
      {
        key: 'n/t',
        reason: 'Deleted',
        note: 'topic t was deleted with this object',
      },
    ]);
  });

  it('takes the places in it along, of replicas as well', async () => {
    const cluster = await withTopic();
    const stores = cluster.groupNames.flatMap((group) => cluster.brokers(group).map(({ store }) => store));
    for (const { offsets } of stores) offsets.set('t@g', new Map([['0', 5]]));
    for (const { offsets } of stores) offsets.set('other@g', new Map([['0', 5]]));
    loop.server.delete('n/t');
    await isGone();
    expect(stores.map(({ offsets }) => [...offsets.keys()])).toEqual(stores.map(() => ['other@g']));
  });

  it('goes with its retry topics’ routes, and leaves those that lead somewhere', async () => {
    const cluster = await withTopic();
    for (const { topics } of cluster.masters()) topics.add({ topicName: '%RETRY%a_t' });
    cluster.registerAll();
    // What RocketMQ itself deletes with the topic.
    cluster.master('broker-a').topics.delete('%RETRY%a_t');
    cluster.master('broker-b').topics.delete('%RETRY%a_t');
    for (const { topics } of cluster.masters()) topics.add({ topicName: '%RETRY%b_t' });
    cluster.registerAll();
    loop.server.delete('n/t');
    await isGone();
    expect(traces(cluster, '%RETRY%a_t')).toEqual([]);
    expect(traces(cluster, '%RETRY%b_t').length).toBe(2 + cluster.nameServers.length);
  });

  it('is gone after a restart half-way as well', async () => {
    const cluster = await withTopic();
    for (const server of cluster.nameServers) server.server.fault = 'Hang';
    loop.server.delete('n/t');
    await loop.hasReason('n/t', 'NameServersNotReady');
    for (const { topics } of cluster.masters()) topics.delete('t');
    for (const server of cluster.nameServers) server.server.fault = 'None';
    await isGone();
    expect(traces(cluster, 't')).toEqual([]);
  });

  it('goes also from a master that only lost it by its synchronization', async () => {
    const cluster = await withTopic();
    const { store } = cluster.master('broker-a');
    store.offsets.set('t@g', new Map([['0', 5]]));
    store.topics.delete('t');
    loop.server.delete('n/t');
    await isGone();
    expect([...store.offsets.keys()]).toEqual([]);
  });

  it('goes nowhere while one master is silent', async () => {
    const cluster = await withTopic();
    cluster.master('broker-b').server.fault = 'Hang';
    loop.server.delete('n/t');
    await loop.hasReason('n/t', 'BrokerUnreachable');
    expect(cluster.master('broker-a').topics.get('t')).toBeDefined();
    cluster.master('broker-b').server.fault = 'None';
    await isGone();
    expect(traces(cluster, 't')).toEqual([]);
  });

  it('waits for a replica that is silent', async () => {
    const cluster = await withTopic();
    const [, replica] = cluster.brokers('broker-a');
    if (replica === undefined) throw new RangeError('no replica');
    replica.server.fault = 'Hang';
    loop.server.delete('n/t');
    const waits = await loop.hasReason('n/t', 'BrokerUnreachable');
    expect(waits.message).toContain(`a replica of broker-a, ${replica.address}`);
    replica.server.fault = 'None';
    await isGone();
  });

  it('stays with its object while the broker refuses, and says so', async () => {
    const cluster = await withTopic();
    cluster.master('broker-a').topics.refused.add('t');
    loop.server.delete('n/t');
    const refused = await loop.hasReason('n/t', 'RefusedByBroker');
    expect(refused.message).toMatch(/^broker-a refuses to delete it: .*it is busy/);
    cluster.master('broker-a').topics.refused.delete('t');
    await isGone();
  });

  it('is one of many that go at once', async () => {
    const cluster = await withTopic();
    for (let index = 0; index < 220; index += 1)
      loop.server.put(topic(`t${index}`, { deletionPolicy: 'Delete' }));
    await waitUntil('all are Ready', () => loop.allReady(), PATIENCE_MS);
    for (const { metadata } of loop.server.list()) loop.server.delete(`n/${metadata.name}`);
    await waitUntil('all are gone', () => loop.server.list().length === 0, PATIENCE_MS);
    expect(cluster.masters().flatMap(({ topics }) => topics.names())).toEqual([]);
  });
});

describe('the finalizer', () => {
  it('is put on an object that has its topic although no broker can be asked', async () => {
    loop = new LoopHarness(topicKind, { resyncMs: 100 });
    const cluster = await loop.addCluster('c');
    loop.server.put(topic('t'));
    loop.start();
    await loop.becomesReady('n/t');
    await cluster.stop();
    loop.server.put(topic('t', { deletionPolicy: 'Delete' }));
    await waitUntil('it is put on', () => finalizers().length === 1, PATIENCE_MS);
    expect(loop.ready('n/t')?.status).not.toBe('False');
  });

  it('is only on who takes something along, and goes with that wish', async () => {
    await withTopic();
    expect(finalizers()).toEqual(['rocketmq.gantry.dev/delete-from-brokers']);
    loop.server.put(topic('t', { deletionPolicy: 'Retain' }));
    await waitUntil('it is taken off', () => finalizers().length === 0, PATIENCE_MS);
    loop.server.delete('n/t');
    expect(loop.server.has('n/t')).toBe(false);
  });

  it('is stored before anything is written', async () => {
    loop = new LoopHarness(topicKind, { resyncMs: 100 });
    const cluster = await loop.addCluster('c');
    loop.server.finalizerFailure = new KubeError('Forbidden', 'no');
    loop.server.put(topic('t', { deletionPolicy: 'Delete' }));
    loop.start();
    const waits = await loop.hasReason('n/t', 'NotOnEveryMaster');
    expect(waits.message).toContain('the API server did not store the finalizer');
    expect(traces(cluster, 't')).toEqual([]);
    loop.server.finalizerFailure = undefined;
    await loop.becomesReady('n/t');
  });

  it('is taken off by a later pass when the API server refused at first', async () => {
    const cluster = await withTopic();
    loop.server.finalizerFailure = new KubeError('Unavailable', 'no');
    loop.server.delete('n/t');
    await loop.hasReason('n/t', 'Deleting');
    expect(traces(cluster, 't')).toEqual([]);
    loop.server.finalizerFailure = undefined;
    await isGone();
  });
});

describe('what is not the object’s own', () => {
  it('is kept where another object declares it, which takes over', async () => {
    const cluster = await withTopic({ topicName: 'T' });
    const later = { creationTimestamp: '2026-01-02T00:00:00Z' };
    loop.server.put(topic('late', { topicName: 'T', deletionPolicy: 'Delete' }, later));
    await loop.hasReason('n/late', 'Conflict');
    loop.server.delete('n/late');
    await isGone('n/late');
    expect(cluster.masters().every(({ topics }) => topics.get('T') !== undefined)).toBe(true);
    loop.server.put(topic('late', { topicName: 'T', deletionPolicy: 'Delete' }, later));
    await loop.hasReason('n/late', 'Conflict');
    loop.server.delete('n/t');
    await isGone();
    await loop.becomesReady('n/late');
    expect(cluster.masters().every(({ topics }) => topics.get('T') !== undefined)).toBe(true);
  });

  it('is kept where it was there before an object that is to make its own', async () => {
    loop = new LoopHarness(topicKind);
    const cluster = await loop.addCluster('c');
    cluster.master('broker-a').topics.add({ topicName: 't' });
    loop.server.put(topic('t', { adoptionPolicy: 'Fail', deletionPolicy: 'Delete' }));
    loop.start();
    await loop.hasReason('n/t', 'AlreadyExists');
    loop.server.delete('n/t');
    await isGone();
    expect(cluster.master('broker-a').topics.get('t')).toBeDefined();
  });

  it('is kept where the object could never be followed', async () => {
    loop = new LoopHarness(topicKind);
    const cluster = await loop.addCluster('c');
    cluster.master('broker-a').topics.add({ topicName: 't' });
    loop.server.put(topic('t', { deletionPolicy: 'Delete', attributes: { 'queue.type': 'BatchCQ' } }));
    loop.start();
    await loop.hasReason('n/t', 'AttributeImmutable');
    loop.server.delete('n/t');
    await isGone();
    expect(cluster.master('broker-a').topics.get('t')).toBeDefined();
  });
});

describe('a finalizer that was copied with a manifest', () => {
  const copied = { finalizers: ['rocketmq.gantry.dev/delete-from-brokers'] };

  it('takes nothing along that the object never had, and goes', async () => {
    loop = new LoopHarness(topicKind);
    const cluster = await loop.addCluster('c');
    cluster.master('broker-a').topics.add({ topicName: 't' });
    loop.server.put(topic('t', { adoptionPolicy: 'Fail', deletionPolicy: 'Delete' }, copied));
    loop.start();
    await loop.hasReason('n/t', 'AlreadyExists');
    await waitUntil('it is taken off', () => finalizers().length === 0, PATIENCE_MS);
    loop.server.delete('n/t');
    await isGone();
    expect(cluster.master('broker-a').topics.get('t')).toBeDefined();
  });

  it('is none of an object that is deleted before anybody looked', async () => {
    loop = new LoopHarness(topicKind);
    const cluster = await loop.addCluster('c');
    cluster.master('broker-a').topics.add({ topicName: 't' });
    loop.server.put(topic('t', { deletionPolicy: 'Delete' }, copied));
    loop.server.delete('n/t');
    loop.start();
    await isGone();
    expect(cluster.master('broker-a').topics.get('t')).toBeDefined();
    expect(loop.events.map(({ reason }) => reason)).toEqual(['Kept']);
  });
});

describe('a topic that is guarded', () => {
  it('stays while there are messages of it', async () => {
    const cluster = await withTopic({ deletionGuards: { onlyIfEmpty: true, onlyIfUnused: false } });
    cluster.master('broker-b').store.fill('t', 3);
    loop.server.delete('n/t');
    const blocked = await loop.hasReason('n/t', 'DeletionBlocked');
    expect(blocked.message).toBe('broker-b: 3 messages of it there (onlyIfEmpty)');
    expect(cluster.master('broker-a').topics.get('t')).toBeDefined();
    cluster.master('broker-b').store.messages.delete('t');
    await isGone();
  });

  it('stays while a group has a place in it', async () => {
    const cluster = await withTopic({ deletionGuards: { onlyIfEmpty: true, onlyIfUnused: true } });
    const { store } = cluster.master('broker-a');
    store.fill('t', 1);
    for (const group of ['g1', 'g2']) {
      store.offsets.set(`t@${group}`, new Map([['0', 5]]));
      store.groups.set(group, { groupName: group });
    }
    store.offsets.set('t@gone', new Map([['0', 5]]));
    loop.server.delete('n/t');
    const blocked = await loop.hasReason('n/t', 'DeletionBlocked');
    expect(blocked.message).toBe(
      'broker-a: 1 message of it there (onlyIfEmpty), and groups g1, g2 with a place in it (onlyIfUnused)',
    );
    store.messages.delete('t');
    store.deleteGroup('g1', true);
    store.deleteGroup('g2', false);
    await isGone();
  });

  it('goes when the guard is taken away', async () => {
    const guarded = { onlyIfEmpty: true, onlyIfUnused: false };
    const cluster = await withTopic({ deletionGuards: guarded });
    cluster.master('broker-a').store.fill('t', 1);
    loop.server.delete('n/t');
    await loop.hasReason('n/t', 'DeletionBlocked');
    const { metadata } = loop.server.get('n/t');
    loop.server.put(topic('t', { deletionPolicy: 'Delete' }, metadata));
    await isGone();
    expect(traces(cluster, 't')).toEqual([]);
  });
});

describe('a topic of a cluster that', () => {
  it.each([
    ['is gone', () => loop.forgetCluster('c')],
    ['is being deleted', () => loop.tellCluster('c', { leaving: true })],
  ])('%s is kept on the brokers, and its object goes', async (_what, change) => {
    const cluster = await withTopic();
    change();
    loop.server.delete('n/t');
    await isGone();
    expect(cluster.master('broker-a').topics.get('t')).toBeDefined();
    expect(loop.events.map(({ reason }) => reason)).toEqual(['Kept']);
  });

  it('goes while its object waits for brokers that are away lets that go', async () => {
    const cluster = await withTopic();
    await cluster.stop();
    loop.server.delete('n/t');
    await loop.hasReason('n/t', 'NameServersNotReady');
    loop.forgetCluster('c');
    await isGone();
    expect(loop.events.map(({ reason }) => reason)).toEqual(['Kept']);
  });

  it('is paused stays until it goes on', async () => {
    const cluster = await withTopic();
    loop.tellCluster('c', { paused: true });
    loop.server.delete('n/t');
    await loop.hasReason('n/t', 'Paused');
    expect(cluster.master('broker-a').topics.get('t')).toBeDefined();
    loop.tellCluster('c');
    await isGone();
  });
});
