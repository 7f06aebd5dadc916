/** A topic that is on some of the broker groups of its cluster. */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { waitUntil } from '../kube/testing/wait-until.ts';
import { LoopHarness } from '../objects/testing/loop-harness.ts';
import { topicKind } from './kind.ts';
import { topic } from './testing/topic.ts';

jest.setTimeout(60_000);

let loop = new LoopHarness(topicKind);
afterEach(async () => loop.stop());

describe('a topic with brokerGroups', () => {
  it('is on these, and needs nothing of the others', async () => {
    loop = new LoopHarness(topicKind);
    const cluster = await loop.addCluster('c', { groups: ['a', 'b', 'd'] });
    cluster.master('d').server.fault = 'Hang';
    loop.server.put(topic('t', { brokerGroups: ['b', 'a'], queuesPerBroker: 3 }));
    loop.start();
    await loop.becomesReady('n/t');
    const holders = () => cluster.masters().map(({ topics }) => topics.get('t') !== undefined);
    expect(holders()).toEqual([true, true, false]);
    expect(loop.server.get('n/t').status).toMatchObject({ groups: ['a', 'b'], totalQueues: 6 });
    cluster.master('d').server.fault = 'None';
    loop.server.put(topic('t', { queuesPerBroker: 3 }));
    await loop.becomesReady('n/t');
    expect(holders()).toEqual([true, true, true]);
    expect(loop.server.get('n/t').status).toMatchObject({ groups: ['a', 'b', 'd'], totalQueues: 9 });
  });

  it('leaves alone what the others have of that name, also when it goes', async () => {
    loop = new LoopHarness(topicKind);
    const cluster = await loop.addCluster('c', { groups: ['a', 'b'] });
    cluster.master('b').topics.add({ topicName: 't', readQueueNums: 99 });
    loop.server.put(topic('t', { brokerGroups: ['a'], deletionPolicy: 'Delete' }));
    loop.start();
    await loop.becomesReady('n/t');
    expect(loop.events).toEqual([]);
    loop.server.delete('n/t');
    await waitUntil('it is gone', () => !loop.server.has('n/t'), 20_000);
    expect(cluster.master('a').topics.get('t')).toBeUndefined();
    expect(cluster.master('b').topics.get('t')).toMatchObject({ readQueueNums: 99 });
  });

  it('waits for a group that the cluster does not have yet', async () => {
    loop = new LoopHarness(topicKind);
    const cluster = await loop.addCluster('c', { groups: ['a', 'b'] });
    loop.tellCluster('c', { groups: ['a'] });
    loop.server.put(topic('t', { brokerGroups: ['a', 'b'] }));
    loop.start();
    const waiting = await loop.hasReason('n/t', 'BrokerGroupNotFound');
    expect(waiting.message).toBe('RocketMQCluster c has no broker group b');
    expect(cluster.master('a').topics.get('t')).toBeUndefined();
    loop.tellCluster('c');
    await loop.becomesReady('n/t');
    expect(cluster.master('b').topics.get('t')).toBeDefined();
  });

  it('is told to have been there where it is declared later, and is left alone by who may not adopt', async () => {
    loop = new LoopHarness(topicKind, { resyncMs: 50 });
    const cluster = await loop.addCluster('c', { groups: ['a', 'b'] });
    const foreign = { topicName: 't', readQueueNums: 99, writeQueueNums: 99 };
    cluster.master('b').topics.add(foreign);
    loop.server.put(topic('t', { brokerGroups: ['a'], adoptionPolicy: 'Fail', deletionPolicy: 'Delete' }));
    loop.start();
    await loop.becomesReady('n/t');
    loop.server.put(topic('t', { adoptionPolicy: 'Fail', deletionPolicy: 'Delete' }));
    const refused = await loop.hasReason('n/t', 'AlreadyExists');
    expect(refused.message).toBe('t was on b before this object was declared');
    loop.server.delete('n/t');
    await waitUntil('it is gone', () => !loop.server.has('n/t'), 20_000);
    expect(cluster.master('a').topics.get('t')).toBeUndefined();
    expect(cluster.master('b').topics.get('t')).toMatchObject(foreign);
  });

  it('is made on a broker group that has none, also by who may not adopt', async () => {
    loop = new LoopHarness(topicKind);
    const cluster = await loop.addCluster('c', { groups: ['a', 'b'] });
    loop.server.put(topic('t', { brokerGroups: ['a'], adoptionPolicy: 'Fail' }));
    loop.start();
    await loop.becomesReady('n/t');
    loop.server.put(topic('t', { adoptionPolicy: 'Fail' }));
    await loop.becomesReady('n/t');
    expect(cluster.master('b').topics.get('t')).toBeDefined();
    expect(loop.server.get('n/t').status).toMatchObject({ ownedOn: ['a', 'b'] });
  });
});
