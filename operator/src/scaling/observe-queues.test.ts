import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { FakeCluster, FakeProxy } from '../../../test/fakes/mod.ts';
import { ManualClock } from '../kube/testing/manual-clock.ts';
import { viewOf } from '../objects/testing/view.ts';
import { RocketmqClient } from '../rocketmq/mod.ts';
import { QueueObserver } from './observe-queues.ts';

jest.setTimeout(60_000);

const requests = { clusterInfo: 106, offsets: 43, topicStats: 202, consumers: 203 };

let cluster: FakeCluster;
let proxy: FakeProxy;
const clock = new ManualClock();
const client = new RocketmqClient({ connectTimeoutMs: 5_000 });
afterEach(async () => Promise.all([cluster.stop(), proxy.server.close()]));

async function start(): Promise<QueueObserver> {
  cluster = await FakeCluster.start({ cluster: 'c', groups: ['a', 'b'], replicas: 1 });
  proxy = new FakeProxy();
  await proxy.server.listen();
  for (const { topics, store } of cluster.masters()) {
    topics.add({ topicName: 't', readQueueNums: 2, writeQueueNums: 2 });
    store.fill('t', 5);
    store.offsets.set('t@g', new Map([['0', 3]]));
    store.offsets.set('t@h', new Map([['0', 4]]));
  }
  return new QueueObserver(clock, 5_000);
}
const look = async (observer: QueueObserver, group = 'g') =>
  observer.observe(viewOf(cluster, { proxy: proxy.address }), client, group);

describe('QueueObserver', () => {
  it('tells every queue of every master, and who reads', async () => {
    const observer = await start();
    proxy.clients.set('g', 'order-0@1');
    const { queues, clients, atMs } = await look(observer);
    expect(atMs).toBe(clock.now());
    expect(clients?.ofProxies).toEqual(new Set(['order-0@1']));
    const told = queues.kind === 'Complete' ? queues.queues : [];
    expect(told.map((each) => [each.broker, each.queueId, each.newestOffset, each.committedOffset])).toEqual([
      ['a', 0, 5, 3],
      ['a', 1, 0, undefined],
      ['b', 0, 5, 3],
      ['b', 1, 0, undefined],
    ]);
  });

  it('sees what is to be tried again, also where the group has never read it', async () => {
    const observer = await start();
    const { topics, store } = cluster.master('a');
    topics.add({ topicName: '%RETRY%g_t', readQueueNums: 1, writeQueueNums: 1 });
    store.fill('%RETRY%g_t', 2);
    const { queues } = await look(observer);
    expect(queues.kind === 'Complete' ? queues.queues.filter(({ retry }) => retry) : []).toEqual([
      expect.objectContaining({ broker: 'a', newestOffset: 2, committedOffset: 0 }),
    ]);
  });

  it('asks once what several groups need', async () => {
    const observer = await start();
    await Promise.all([look(observer, 'g'), look(observer, 'h')]);
    expect(cluster.calls('brokers', requests.offsets)).toBe(2);
    expect(cluster.master('a').server.callCount(requests.topicStats)).toBe(
      ['t', '%RETRY%g', '%RETRY%g_t', '%RETRY%g+t', '%RETRY%h', '%RETRY%h_t', '%RETRY%h+t'].length,
    );
    await clock.advance(2_000);
    await look(observer, 'g');
    expect(cluster.calls('brokers', requests.offsets)).toBe(4);
    // Retry topics that are not there are not asked for at every look.
    expect(cluster.master('a').server.callCount(requests.topicStats)).toBe(8);
    expect(cluster.calls('nameServers', requests.clusterInfo)).toBe(2);
  });

  it.each<readonly [string, () => unknown, RegExp]>([
    ['hangs', () => (cluster.master('b').server.fault = 'Hang'), /^b$/],
    ['does not tell of one topic', () => cluster.master('b').topics.broken.add('t'), /^b of t$/],
    ['is not there', async () => cluster.kill(cluster.master('b')), /^b \(no name server lists/],
  ])('is partial, and says who it is, when a master %s', async (_what, fault, silent) => {
    const observer = await start();
    await fault();
    const { queues } = await look(observer);
    const told = queues.kind === 'Partial' ? queues.silent.join() : '';
    expect(told).toMatch(silent);
  });

  it('does not know who reads while a proxy is silent, and knows the queues all the same', async () => {
    const observer = await start();
    proxy.server.fault = 'Hang';
    const { queues, clients } = await look(observer);
    expect(queues.kind).toBe('Complete');
    expect(clients).toBeUndefined();
  });
});
