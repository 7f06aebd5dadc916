import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { FakeCluster } from '../../../test/fakes/mod.ts';
import { observeTopology } from '../objects/mod.ts';
import { viewOf } from '../objects/testing/view.ts';
import { RocketmqClient } from '../rocketmq/mod.ts';
import { observeConsumption } from './observe.ts';

jest.setTimeout(60_000);

let cluster: FakeCluster;
const client = new RocketmqClient({ connectTimeoutMs: 500 });
afterEach(async () => cluster.stop());

async function start(): Promise<void> {
  cluster = await FakeCluster.start({ cluster: 'c' });
  for (const master of cluster.masters()) {
    master.topics.add({ topicName: 't', readQueueNums: 2, writeQueueNums: 2 });
    master.groups.set('g', { groupName: 'g' });
    master.store.fill('t', 5);
  }
}

const look = async (...groups: readonly string[]) => {
  const options = { timeoutMs: 500 };
  const { masters } = await observeTopology(viewOf(cluster), client, options);
  return observeConsumption(masters, groups, client, options);
};
const place = (brokerName: string, topic: string, group: string, offset: number): void => {
  cluster.master(brokerName).store.offsets.set(`${topic}@${group}`, new Map([['0', offset]]));
};

describe('observeConsumption', () => {
  it('adds up what masters say', async () => {
    await start();
    place('broker-a', 't', 'g', 5);
    place('broker-b', 't', 'g', 2);
    cluster.master('broker-b').store.messageAgeMs = 7_000;
    const { store } = cluster.master('broker-a');
    store.topics.add({ topicName: '%DLQ%g' });
    store.fill('%DLQ%g', 2);
    const found = (await look('g')).get('g');
    expect(found).toEqual({
      backlog: { topics: new Map([['t', 3]]), unplacedQueues: 0 },
      oldestMs: 7_000,
      deadLetters: 2,
    });
  });

  it('does not take the made-up age of a queue without a place', async () => {
    await start();
    for (const { store } of cluster.masters()) store.fill('t', 5, 1);
    place('broker-a', 't', 'g', 4);
    const found = (await look('g')).get('g');
    expect(found).toMatchObject({ oldestMs: 1_000, backlog: { unplacedQueues: 1 } });
  });

  it('asks for no age where nothing waits', async () => {
    await start();
    for (const name of cluster.groupNames) place(name, 't', 'g', 5);
    expect((await look('g')).get('g')).toMatchObject({ oldestMs: 0 });
    expect(cluster.calls('brokers', 303)).toBe(0);
  });

  it('knows nothing of the backlog of a group that has not begun', async () => {
    await start();
    expect((await look('g')).get('g')).toEqual({ deadLetters: 0 });
  });

  it('takes a silent master for unknown, in everything that it would have told', async () => {
    await start();
    for (const name of cluster.groupNames) place(name, 't', 'g', 2);
    cluster.master('broker-b').server.fault = 'Hang';
    expect((await look('g')).get('g')).toEqual({});
  });

  it('does not know the age of what waits in queues that are only read still', async () => {
    await start();
    const { store, topics } = cluster.master('broker-a');
    store.fill('t', 5, 3);
    store.offsets.set('t@g', new Map([['3', 1]]));
    topics.edit('t', { readQueueNums: 4, writeQueueNums: 2 });
    const found = (await look('g')).get('g');
    expect(found?.backlog?.topics).toEqual(new Map([['t', 4]]));
    expect(found?.oldestMs).toBeUndefined();
  });

  it('loses nothing but the one topic of which a broker tells nothing', async () => {
    await start();
    for (const { topics, store } of cluster.masters()) {
      topics.add({ topicName: 'u' });
      store.fill('u', 5);
      topics.broken.add('u');
    }
    for (const name of cluster.groupNames) place(name, 't', 'g', 2);
    place('broker-a', 'u', 'h', 2);
    const found = await look('h', 'g');
    expect(found.get('g')?.backlog?.topics).toEqual(new Map([['t', 6]]));
    expect(found.get('h')?.backlog).toBeUndefined();
  });

  it('asks each topic once, however many groups read it', async () => {
    await start();
    const groups = Array.from({ length: 10 }, (_, index) => `g${index}`);
    for (const group of groups) place('broker-a', 't', group, 5);
    await look(...groups);
    expect(cluster.master('broker-a').server.callCount(202)).toBe(1);
  });
});
