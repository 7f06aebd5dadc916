import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { FakeCluster } from '../../../test/fakes/mod.ts';
import { waitUntil } from '../kube/testing/wait-until.ts';
import { LoopHarness } from '../objects/testing/loop-harness.ts';
import { groupKind } from './kind.ts';
import { group } from './testing/group.ts';

// Real sockets on a machine that may be busy with other tests.
jest.setTimeout(60_000);
const PATIENCE_MS = 20_000;

let loop = new LoopHarness(groupKind);
afterEach(async () => loop.stop());

/** A group that is to go with its object, and has read `t`: some of its messages are to be tried again. */
async function withGroup(): Promise<FakeCluster> {
  loop = new LoopHarness(groupKind, { resyncMs: 100 });
  const cluster = await loop.addCluster('c');
  loop.server.put(group('g', { deletionPolicy: 'Delete' }));
  loop.start();
  await loop.becomesReady('n/g');
  for (const { store } of cluster.masters()) {
    for (const topicName of ['t', '%RETRY%g', '%RETRY%g_t', '%DLQ%g', '%RETRY%other'])
      store.topics.add({ topicName });
    store.offsets.set('t@g', new Map([['0', 5]]));
    store.offsets.set('%RETRY%g@g', new Map([['0', 5]]));
    store.offsets.set('t@other', new Map([['0', 5]]));
  }
  cluster.registerAll();
  cluster.syncMetadata();
  return cluster;
}

async function isGone(): Promise<void> {
  await waitUntil('n/g is gone', () => !loop.server.has('n/g'), PATIENCE_MS);
}

const allBrokers = (cluster: FakeCluster) => cluster.groupNames.flatMap((name) => cluster.brokers(name));

describe('a consumer group whose object is deleted', () => {
  it('goes from every broker with its offsets and what was to be tried again', async () => {
    const cluster = await withGroup();
    loop.server.delete('n/g');
    await isGone();
    for (const { groups, store, topics } of allBrokers(cluster)) {
      expect(groups.has('g')).toBe(false);
      expect([...store.offsets.keys()]).toEqual(['t@other']);
      expect(topics.names()).toEqual(['t', '%RETRY%other']);
    }
    for (const server of cluster.nameServers) {
      expect(['%RETRY%g', '%RETRY%g_t', '%DLQ%g'].filter((name) => server.hasRoute(name))).toEqual([]);
      expect(server.hasRoute('%RETRY%other')).toBe(true);
    }
    expect(loop.events).toEqual([
      {
        key: 'n/g',
        reason: 'Deleted',
        note: 'consumer group g was deleted with this object',
      },
    ]);
  });

  it('leaves dead letters to whoever wants them', async () => {
    const cluster = await withGroup();
    cluster.master('broker-a').store.fill('%DLQ%g', 2);
    for (const broker of cluster.brokers('broker-a')) broker.store.fill('%DLQ%g', 2);
    loop.server.delete('n/g');
    await isGone();
    expect(cluster.brokers('broker-a').map(({ topics }) => topics.get('%DLQ%g')?.topicName)).toEqual([
      '%DLQ%g',
      '%DLQ%g',
    ]);
    expect(cluster.master('broker-b').topics.get('%DLQ%g')).toBeUndefined();
    expect(cluster.nameServers.every((server) => server.hasRoute('%DLQ%g'))).toBe(true);
  });

  it('is kept, with its offsets, where its policy is Retain', async () => {
    const cluster = await withGroup();
    loop.server.put(group('g', { deletionPolicy: 'Retain' }));
    await waitUntil(
      'it is free',
      () => loop.server.get('n/g').metadata.finalizers?.length === 0,
      PATIENCE_MS,
    );
    loop.server.delete('n/g');
    expect(loop.server.has('n/g')).toBe(false);
    expect(cluster.master('broker-a').groups.has('g')).toBe(true);
    expect(cluster.master('broker-a').store.offsets.has('t@g')).toBe(true);
  });
});
