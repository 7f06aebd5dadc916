import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { waitUntil } from '../kube/testing/wait-until.ts';
import { LoopHarness } from '../objects/testing/loop-harness.ts';
import { topicKind } from './kind.ts';
import { topic } from './testing/topic.ts';

// Real sockets on a machine that may be busy with other tests.
jest.setTimeout(60_000);

const requests = { putTopic: 17, putTopics: 18, listTopics: 21, route: 105 };
/** For what takes milliseconds on a machine of its own. */
const PATIENCE_MS = 20_000;

let loop = new LoopHarness(topicKind);
afterEach(async () => loop.stop());
function newLoop(timings: ConstructorParameters<typeof LoopHarness>[1] = {}): typeof loop {
  loop = new LoopHarness(topicKind, timings);
  return loop;
}

describe('topics on brokers', () => {
  it('creates on every master, waits for every route, and says where', async () => {
    const { server } = newLoop();
    const cluster = await loop.addCluster('c', { replicas: 3, nameServers: 3 });
    server.put(topic('order-topic', { type: 'Transaction', queuesPerBroker: 16 }));
    loop.start();
    await loop.becomesReady('n/order-topic');
    for (const master of cluster.masters()) {
      expect(master.topics.get('order-topic')).toMatchObject({
        readQueueNums: 16,
        writeQueueNums: 16,
        perm: 6,
        attributes: { 'message.type': 'TRANSACTION' },
      });
    }
    const replicas = cluster.brokers('broker-a').slice(1);
    expect(replicas.map(({ server: { calls } }) => calls.size)).toEqual([0, 0]);
    expect(server.get('n/order-topic').status).toMatchObject({
      topicName: 'order-topic',
      groups: ['broker-a', 'broker-b'],
      totalQueues: 32,
    });
    expect(server.writes).toBe(1);
    expect(loop.events).toEqual([]);
  });

  it('serves many objects with a few calls, and an unchanged cluster with no write at all', async () => {
    const { server } = newLoop({ resyncMs: 300 });
    const cluster = await loop.addCluster('c');
    for (let index = 0; index < 120; index += 1) server.put(topic(`t${index}`));
    loop.start();
    await waitUntil('all are Ready', () => loop.allReady(), PATIENCE_MS);
    expect(cluster.calls('brokers', requests.putTopics)).toBeLessThanOrEqual(6);
    expect(cluster.calls('brokers', requests.putTopic)).toBe(0);
    expect(server.writes).toBe(120);
    const lists = cluster.calls('brokers', requests.listTopics);
    await waitUntil(
      'a resync has come by',
      () => cluster.calls('brokers', requests.listTopics) >= lists + 2,
      PATIENCE_MS,
    );
    expect(server.writes).toBe(120);
    expect(loop.events).toEqual([]);
  });

  it('waits until a burst is over, and then writes once', async () => {
    const { server } = newLoop({ batchQuietMs: 500, batchMaxMs: 60_000 });
    const cluster = await loop.addCluster('c');
    loop.start();
    for (let index = 0; index < 20; index += 1) {
      server.put(topic(`t${index}`));
      await setTimeout(5);
    }
    await waitUntil('all are Ready', () => loop.allReady(), PATIENCE_MS);
    expect(cluster.calls('brokers', requests.putTopics)).toBe(cluster.masters().length);
  });

  it('does not wait for the end of a burst that has none', async () => {
    const { server } = newLoop({ batchQuietMs: 50, batchMaxMs: 100 });
    await loop.addCluster('c');
    loop.start();
    server.put(topic('t0'));
    for (let index = 1; !loop.isReady('n/t0'); index += 1) {
      server.put(topic(`t${index}`));
      await setTimeout(5);
    }
    expect(server.list().length).toBeGreaterThan(1);
  });

  it('one refused topic fails alone, in the broker’s own words', async () => {
    const { server } = newLoop();
    const cluster = await loop.addCluster('c', { groups: ['broker-a'] });
    const { topics } = cluster.master('broker-a');
    topics.refused.add('bad');
    for (let index = 0; index < 20; index += 1) server.put(topic(`t${index}`));
    server.put(topic('bad'));
    server.put(topic('broker-a'));
    loop.start();
    const names = Array.from({ length: 20 }, (_, index) => `n/t${index}`);
    await waitUntil('the good are Ready', () => names.every((key) => loop.isReady(key)), PATIENCE_MS);
    const refused = await loop.hasReason('n/bad', 'RefusedByBroker');
    expect(refused.message).toMatch(/^broker-a refuses it: .*java.lang.RuntimeException: no$/);
    expect(server.get('n/bad').status?.conditions?.map(({ type }) => type)).toEqual(['Ready', 'Stalled']);
    const reserved = await loop.hasReason('n/broker-a', 'InvalidSpec');
    expect(reserved.message).toContain('a topic of the cluster itself');
    const rejected = loop.events.map(({ key, reason }) => `${key} ${reason}`).toSorted();
    expect(rejected).toEqual(['n/bad Rejected', 'n/broker-a Rejected']);
  });

  it('adopts what is there, announces it and what it changed', async () => {
    const { server } = newLoop();
    const cluster = await loop.addCluster('c');
    cluster.master('broker-a').topics.add({ topicName: 'old', order: true });
    server.put(topic('old'));
    loop.start();
    await loop.becomesReady('n/old');
    expect(loop.events).toEqual([
      {
        key: 'n/old',
        reason: 'Adopted',
        note: 'topic old was already on broker-a and is managed by this object from now on; changed message.type on broker-a; missing on broker-b',
      },
    ]);
    expect(cluster.master('broker-a').topics.get('old')).toMatchObject({ order: true });
  });

  it('repairs drift at the next look and names the keys', async () => {
    const { server } = newLoop({ resyncMs: 100 });
    const cluster = await loop.addCluster('c');
    server.put(topic('t'));
    loop.start();
    await loop.becomesReady('n/t');
    cluster.master('broker-a').topics.edit('t', { perm: 4 });
    cluster.master('broker-b').topics.delete('t');
    await waitUntil(
      'it is repaired',
      () => cluster.masters().every(({ topics }) => topics.get('t')?.perm === 6),
      PATIENCE_MS,
    );
    await waitUntil('it is told', () => loop.events.length > 0);
    expect(loop.events).toEqual([
      {
        key: 'n/t',
        reason: 'DriftRepaired',
        note: 'topic t differed from its declaration and was repaired: perm on broker-a; missing on broker-b',
      },
    ]);
    expect(server.writes).toBe(1);
  });

  it('grows', async () => {
    const { server } = newLoop();
    const cluster = await loop.addCluster('c');
    server.put(topic('t', { queuesPerBroker: 4 }));
    loop.start();
    await loop.becomesReady('n/t');
    server.put(topic('t', { queuesPerBroker: 6 }));
    await loop.becomesReady('n/t');
    expect(cluster.master('broker-b').topics.get('t')).toMatchObject({ readQueueNums: 6, writeQueueNums: 6 });
  });

  it('keeps the topic when its object goes', async () => {
    const { server } = newLoop();
    const cluster = await loop.addCluster('c');
    server.put(topic('t'));
    loop.start();
    await loop.becomesReady('n/t');
    server.delete('n/t');
    server.put(topic('other'));
    await loop.becomesReady('n/other');
    expect(cluster.master('broker-a').topics.get('t')).toBeDefined();
  });
});

describe('a topic that was there before its object', () => {
  it('is left alone where the object is to make its own, until it is gone', async () => {
    const { server } = newLoop({ resyncMs: 100 });
    const cluster = await loop.addCluster('c');
    cluster.master('broker-b').topics.add({ topicName: 'old', perm: 4 });
    server.put(topic('old', { adoptionPolicy: 'Fail' }));
    loop.start();
    const ready = await loop.hasReason('n/old', 'AlreadyExists');
    expect(ready.message).toBe('old was on broker-b before this object was declared');
    expect(cluster.master('broker-a').topics.get('old')).toBeUndefined();
    expect(cluster.master('broker-b').topics.get('old')).toMatchObject({ perm: 4 });
    cluster.master('broker-b').topics.delete('old');
    await loop.becomesReady('n/old');
    expect(cluster.masters().map(({ topics }) => topics.get('old')?.perm)).toEqual([6, 6]);
    expect(loop.events.map(({ reason }) => reason)).toEqual(['Rejected']);
  });

  it('is not taken for what the object made itself, when that is looked at again', async () => {
    const { server } = newLoop({ resyncMs: 100 });
    const cluster = await loop.addCluster('c');
    server.put(topic('t', { adoptionPolicy: 'Fail' }));
    loop.start();
    await loop.becomesReady('n/t');
    cluster.master('broker-a').topics.edit('t', { perm: 4 });
    await waitUntil(
      'it is repaired',
      () => cluster.master('broker-a').topics.get('t')?.perm === 6,
      PATIENCE_MS,
    );
    expect(loop.isReady('n/t')).toBe(true);
  });

  it('is not made while a master that may have it is silent', async () => {
    const { server } = newLoop();
    const cluster = await loop.addCluster('c');
    cluster.master('broker-a').server.fault = 'Hang';
    cluster.master('broker-a').topics.add({ topicName: 'old' });
    server.put(topic('old', { adoptionPolicy: 'Fail' }));
    loop.start();
    await loop.hasReason('n/old', 'BrokerUnreachable');
    expect(server.get('n/old').status).not.toHaveProperty('groups');
    expect(cluster.master('broker-b').topics.get('old')).toBeUndefined();
    cluster.master('broker-a').server.fault = 'None';
    await loop.hasReason('n/old', 'AlreadyExists');
  });

  it('is compared and never written where the object only observes', async () => {
    const { server } = newLoop({ resyncMs: 100 });
    const cluster = await loop.addCluster('c');
    cluster.master('broker-a').topics.add({ topicName: 'old', perm: 4 });
    server.put(topic('old', { adoptionPolicy: 'Observe' }));
    loop.start();
    const ready = await loop.hasReason('n/old', 'Differs');
    expect(ready.message).toBe('perm, message.type on broker-a; missing on broker-b');
    for (const { topics } of cluster.masters()) {
      topics.delete('old');
      topics.add({ topicName: 'old', attributes: { 'message.type': 'NORMAL' } });
    }
    cluster.registerAll();
    await loop.becomesReady('n/old');
    expect(cluster.calls('brokers', requests.putTopics)).toBe(0);
    expect(loop.events.map(({ reason }) => reason)).toEqual(['Rejected']);
  });
});

describe('two objects, one topic', () => {
  it('the first declared owns it, the other says so and takes over when it goes', async () => {
    const { server } = newLoop();
    const cluster = await loop.addCluster('c');
    server.put(
      topic('late', { topicName: 'T', queuesPerBroker: 2 }, { creationTimestamp: '2026-01-02T00:00:00Z' }),
    );
    server.put(topic('early', { topicName: 'T' }, { creationTimestamp: '2026-01-01T00:00:00Z' }));
    loop.start();
    await loop.becomesReady('n/early');
    const conflict = await loop.hasReason('n/late', 'Conflict');
    expect(conflict.message).toBe('Topic n/early declared T first and owns it');
    server.put(
      topic('late', { topicName: 'T', queuesPerBroker: 16 }, { creationTimestamp: '2026-01-02T00:00:00Z' }),
    );
    await waitUntil('the edit was seen', () => server.get('n/late').status?.observedGeneration === 2);
    expect(cluster.master('broker-a').topics.get('T')).toMatchObject({ readQueueNums: 8 });
    server.delete('n/early');
    await loop.becomesReady('n/late');
    expect(cluster.master('broker-a').topics.get('T')).toMatchObject({ readQueueNums: 16 });
  });
});

describe('failures', () => {
  it('waits for a cluster that does not exist, and goes on when it does', async () => {
    const { server } = newLoop();
    server.put(topic('t'));
    loop.start();
    expect(await loop.hasReason('n/t', 'ClusterNotFound')).toMatchObject({ status: 'False' });
    await loop.addCluster('c');
    await loop.becomesReady('n/t');
    expect(loop.events).toEqual([]);
  });

  it('waits for a cluster of which nothing can be seen', async () => {
    const { server } = newLoop();
    const cluster = await loop.addCluster('c');
    await cluster.stop();
    loop.tellCluster('c', { ready: false });
    server.put(topic('t'));
    loop.start();
    const condition = await loop.hasReason('n/t', 'ClusterNotReady');
    expect(condition.message).toContain('no name server answers');
  });

  it('a broker that hangs is named, is not taken for empty, and the other groups get the topic', async () => {
    const { server } = newLoop();
    const cluster = await loop.addCluster('c');
    cluster.master('broker-a').server.fault = 'Hang';
    server.put(topic('t'));
    loop.start();
    const condition = await loop.hasReason('n/t', 'BrokerUnreachable');
    expect(condition).toMatchObject({ status: 'Unknown' });
    expect(condition.message).toBe(
      `the master of broker-a, ${cluster.master('broker-a').address}, does not answer in time`,
    );
    expect(server.get('n/t').status?.groups).toEqual(['broker-b']);
    const { message } = condition;
    const differing = [{ group: 'broker-a', reason: 'BrokerUnreachable', message }];
    expect(server.get('n/t').status?.differing).toEqual(differing);
    expect(cluster.calls('brokers', requests.putTopics)).toBe(1);
    cluster.master('broker-a').server.fault = 'None';
    await loop.becomesReady('n/t');
    expect(server.get('n/t').status?.differing).toBeUndefined();
  });

  it('a broker that hangs takes nothing away that it was last seen with', async () => {
    const { server } = newLoop();
    const cluster = await loop.addCluster('c');
    server.put(topic('t'));
    loop.start();
    await loop.becomesReady('n/t');
    cluster.master('broker-b').server.fault = 'Hang';
    loop.tellCluster('c');
    await loop.hasReason('n/t', 'BrokerUnreachable');
    expect(server.get('n/t').status?.groups).toEqual(['broker-a', 'broker-b']);
  });

  it('one that is made again for another cluster is written there alone', async () => {
    const { server } = newLoop();
    const [left, entered] = [await loop.addCluster('c'), await loop.addCluster('d')];
    const hanging = [...left.nameServers, ...left.masters()].map(({ server: process }) => process);
    for (const process of hanging) process.fault = 'Hang';
    server.put(topic('t'));
    loop.start();
    await loop.hasReason('n/t', 'NameServersNotReady');
    server.delete('n/t');
    server.put(topic('t', { clusterRef: { name: 'd' } }));
    for (const process of hanging) process.fault = 'None';
    server.put(topic('later'));
    await loop.becomesReady('n/later');
    await loop.becomesReady('n/t');
    expect(left.masters().map(({ topics }) => topics.get('t'))).toEqual([undefined, undefined]);
    expect(entered.masters().every(({ topics }) => topics.get('t') !== undefined)).toBe(true);
  });

  it('what a pass did that outlives the order to end is written down', async () => {
    const { server } = newLoop({ batchQuietMs: 300 });
    const cluster = await loop.addCluster('c');
    server.put(topic('t'));
    loop.start();
    await setTimeout(50);
    await loop.stopLoop();
    expect(cluster.masters().every(({ topics }) => topics.get('t') !== undefined)).toBe(true);
    expect(server.get('n/t').status?.groups).toEqual(['broker-a', 'broker-b']);
  });

  it('a Ready topic stays Ready through a short silence', async () => {
    const { server } = newLoop({ resyncMs: 100, holdReadyMs: 60_000 });
    const cluster = await loop.addCluster('c');
    server.put(topic('t'));
    loop.start();
    await loop.becomesReady('n/t');
    await cluster.kill(cluster.master('broker-a'));
    cluster.nameServers[1]?.forgetAll();
    const looks = cluster.calls('nameServers', 106);
    await waitUntil(
      'it was looked at again',
      () => cluster.calls('nameServers', 106) > looks + 4,
      PATIENCE_MS,
    );
    expect(loop.isReady('n/t')).toBe(true);
    expect(server.writes).toBe(1);
  });

  it('a hung cluster delays only itself', async () => {
    const { server } = newLoop({ callTimeoutMs: 60_000 });
    const stuck = await loop.addCluster('c');
    await loop.addCluster('d');
    for (const { server: process } of [...stuck.nameServers, ...stuck.masters()]) process.fault = 'Hang';
    server.put(topic('slow'));
    loop.start();
    await waitUntil('the pass hangs', () => stuck.calls('nameServers', 106) > 0);
    server.put(topic('quick', { clusterRef: { name: 'd' } }));
    await loop.becomesReady('n/quick');
    expect(loop.ready('n/slow')).toBeUndefined();
  });

  it('a name server that cannot be reached keeps the topic from Ready, and is named', async () => {
    const { server } = newLoop();
    const cluster = await loop.addCluster('c');
    const [, second] = cluster.nameServers;
    await second?.server.close();
    server.put(topic('t'));
    loop.start();
    const condition = await loop.hasReason('n/t', 'NameServersNotReady');
    expect(condition.message).toBe(`name server ${second?.address} cannot be reached`);
    expect(cluster.master('broker-a').topics.get('t')).toBeDefined();
    await second?.server.listen();
    cluster.registerAll();
    await loop.becomesReady('n/t');
  });

  it('a name server that hangs between the list and the routes costs one deadline, not one a topic', async () => {
    const { server } = newLoop();
    const cluster = await loop.addCluster('c');
    const [first] = cluster.nameServers;
    if (first === undefined) throw new Error('there is a name server');
    first.server.swallowed.add(requests.route);
    for (let index = 0; index < 200; index += 1) server.put(topic(`t${index}`));
    loop.start();
    const condition = await loop.hasReason('n/t199', 'NameServersNotReady');
    expect(condition.message).toBe(`name server ${first.address} does not answer in time`);
    expect(first.server.callCount(requests.route)).toBeLessThan(200);
    first.server.swallowed.clear();
    await waitUntil('all are Ready', () => loop.allReady(), PATIENCE_MS);
  });

  it('writes nothing while mastership moves, and restores the topic on the new master', async () => {
    const { server } = newLoop();
    const cluster = await loop.addCluster('c', { groups: ['broker-a'] });
    server.put(topic('t'));
    loop.start();
    await loop.becomesReady('n/t');
    const old = cluster.master('broker-a');
    cluster.electSilently('broker-a', 2);
    server.put(topic('u'));
    const condition = await loop.hasReason('n/u', 'MasterUnknown');
    expect(condition.message).toContain('mastership of broker-a is moving');
    expect(old.topics.get('u')).toBeUndefined();
    cluster.elect('broker-a', 2);
    loop.tellCluster('c');
    await loop.becomesReady('n/u');
    await waitUntil('the new master has both', () => cluster.master('broker-a').topics.names().length === 2);
    expect(loop.events).toContainEqual({
      key: 'n/t',
      reason: 'DriftRepaired',
      note: 'topic t differed from its declaration and was repaired: missing on broker-a',
    });
    expect(old.topics.get('u')).toBeUndefined();
  });

  it('reads and does not write while no controller answers', async () => {
    const { server } = newLoop();
    const cluster = await loop.addCluster('c');
    server.put(topic('t'));
    loop.start();
    await loop.becomesReady('n/t');
    cluster.loseLeader();
    loop.tellCluster('c');
    server.put(topic('u'));
    const condition = await loop.hasReason('n/u', 'MasterUnknown');
    expect(condition.message).toContain('no controller confirms');
    expect(cluster.master('broker-a').topics.get('u')).toBeUndefined();
    expect(loop.isReady('n/t')).toBe(true);
  });

  it('gets through a broker that drops connections now and then', async () => {
    const { server } = newLoop();
    const cluster = await loop.addCluster('c');
    const broker = cluster.master('broker-a').server;
    broker.fault = 'Drop';
    server.put(topic('t'));
    loop.start();
    await loop.hasReason('n/t', 'BrokerUnreachable');
    broker.fault = 'Busy';
    await waitUntil(
      'it says busy',
      () => loop.ready('n/t')?.message.includes('is busy') === true,
      PATIENCE_MS,
    );
    broker.fault = 'None';
    await loop.becomesReady('n/t');
    expect(cluster.master('broker-a').topics.get('t')).toBeDefined();
  });
});
