import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { waitUntil } from '../kube/testing/wait-until.ts';
import { LoopHarness } from '../objects/testing/loop-harness.ts';
import { groupKind } from './kind.ts';
import { group } from './testing/group.ts';

// Real sockets on a machine that may be busy with other tests.
jest.setTimeout(60_000);

const requests = { putGroup: 200, putGroups: 225, oneGroup: 352 };

let loop = new LoopHarness(groupKind);
afterEach(async () => loop.stop());

describe('consumer groups on brokers', () => {
  it('are made on every master in one list request, and read by the list alone', async () => {
    loop = new LoopHarness(groupKind);
    const cluster = await loop.addCluster('c');
    for (let index = 0; index < 100; index += 1) loop.server.put(group(`g${index}`));
    loop.server.put(group('order-consumer', { ordered: true, retry: { maxAttempts: 3 } }));
    loop.start();
    await waitUntil('all are Ready', () => loop.allReady(), 20_000);
    for (const master of cluster.masters()) {
      expect(master.groups.size).toBe(101);
      expect(master.groups.get('order-consumer')).toMatchObject({
        consumeMessageOrderly: true,
        consumeBroadcastEnable: false,
        retryMaxTimes: 3,
        consumeEnable: true,
      });
    }
    expect(cluster.calls('brokers', requests.putGroups)).toBeLessThanOrEqual(4);
    expect(cluster.calls('brokers', requests.putGroup)).toBe(0);
    expect(cluster.calls('brokers', requests.oneGroup)).toBe(0);
    expect(loop.server.get('n/order-consumer').status).toMatchObject({ groupName: 'order-consumer' });
  });

  it('are Ready without routes: a silent name server does not matter', async () => {
    loop = new LoopHarness(groupKind);
    const cluster = await loop.addCluster('c');
    await cluster.nameServers[1]?.server.close();
    loop.server.put(group('g'));
    loop.start();
    await loop.becomesReady('n/g');
    expect(loop.server.get('n/g').status?.groups).toEqual(['broker-a', 'broker-b']);
  });

  it('are restored on a new master that has them not', async () => {
    loop = new LoopHarness(groupKind);
    const cluster = await loop.addCluster('c', { groups: ['broker-a'] });
    loop.server.put(group('g', { retry: { maxAttempts: 3 } }));
    loop.start();
    await loop.becomesReady('n/g');
    cluster.elect('broker-a', 2);
    loop.tellCluster('c');
    const { groups } = cluster.master('broker-a');
    await waitUntil('the new master has it', () => groups.has('g'), 20_000);
    expect(groups.get('g')).toMatchObject({ retryMaxTimes: 3 });
  });

  it('drift is repaired and what is not declared stays', async () => {
    loop = new LoopHarness(groupKind, { resyncMs: 100 });
    const cluster = await loop.addCluster('c', { groups: ['broker-a'] });
    loop.server.put(group('g'));
    loop.start();
    await loop.becomesReady('n/g');
    const { groups } = cluster.master('broker-a');
    groups.set('g', { ...groups.get('g'), retryMaxTimes: 1, consumeTimeoutMinute: 99, newer: 'kept' });
    await waitUntil('it is repaired', () => groups.get('g')?.['retryMaxTimes'] === 16, 20_000);
    expect(groups.get('g')).toMatchObject({ consumeTimeoutMinute: 99, newer: 'kept' });
    await waitUntil('it is told', () => loop.events.length > 0);
    expect(loop.events[0]?.note).toBe(
      'consumer group g differed from its declaration and was repaired: retryMaxTimes on broker-a',
    );
  });
});
