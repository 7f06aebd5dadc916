/** Topics of other namespaces than the cluster's: there as long as it takes them, and never touched when it does not. */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { FakeCluster } from '../../../test/fakes/mod.ts';
import type { Topic, TopicSpec } from '../api/mod.ts';
import { waitUntil } from '../kube/testing/wait-until.ts';
import type { ClusterView } from '../objects/mod.ts';
import { LoopHarness } from '../objects/testing/loop-harness.ts';
import { topicKind } from './kind.ts';
import { topic } from './testing/topic.ts';

// Real sockets on a machine that may be busy with other tests.
jest.setTimeout(60_000);
const PATIENCE_MS = 20_000;

const bySelector: ClusterView['allowedNamespaces'] = {
  from: 'Selector',
  selector: { matchLabels: { team: 'orders' } },
};
const allowed = { team: 'orders' };

let loop = new LoopHarness(topicKind);
afterEach(async () => loop.stop());

/** A topic of the namespace `other` on the cluster `n/c`. */
function far(name: string, spec: Partial<TopicSpec> = {}, creationTimestamp = '2026-01-01T00:00:00Z'): Topic {
  const clusterRef = { name: 'c', namespace: 'n' };
  return topic(name, { clusterRef, topicName: 'T', ...spec }, { namespace: 'other', creationTimestamp });
}

async function start(
  allowedNamespaces: ClusterView['allowedNamespaces'],
  ...objects: readonly Topic[]
): Promise<FakeCluster> {
  loop = new LoopHarness(topicKind, { resyncMs: 50 });
  const cluster = await loop.addCluster('c', { groups: ['a'], nameServers: 1 });
  loop.tellCluster('c', { allowedNamespaces });
  loop.tellNamespace('other', allowed);
  for (const object of objects) loop.server.put(object);
  loop.start();
  return cluster;
}

const queuesOf = (cluster: FakeCluster): number | undefined =>
  cluster.master('a').topics.get('T')?.readQueueNums;

/** Request code of the name server, which every look at brokers begins with. */
const clusterInfo = 106;

/** Another object, made and gone through a pass of its own meanwhile: what was to happen to others has happened. */
async function passesGoBy(): Promise<void> {
  loop.server.put(topic('marker', { topicName: 'MARKER' }));
  await loop.becomesReady('n/marker');
  loop.server.put(topic('marker', { topicName: 'MARKER', queuesPerBroker: 16 }));
  await loop.becomesReady('n/marker');
}

async function isGone(key: string): Promise<void> {
  await waitUntil(`${key} is gone`, () => !loop.server.has(key), PATIENCE_MS);
}

describe('a topic of another namespace', () => {
  it('is refused when the cluster says nothing, and no broker is asked for it', async () => {
    const cluster = await start({ from: 'Same' }, far('t', { deletionPolicy: 'Delete' }));
    const refused = await loop.hasReason('other/t', 'NotAllowed');
    expect(refused.message).toBe(
      'RocketMQCluster n/c takes no objects of namespace other: have its spec.allowedNamespaces allow it, or delete this one',
    );
    expect(refused.status).toBe('False');
    expect(
      loop.server
        .get('other/t')
        .status?.conditions?.map(({ type }) => type)
        .toSorted(),
    ).toEqual(['Ready', 'Stalled']);
    expect(cluster.calls('nameServers', clusterInfo)).toBe(0);
    expect(loop.events).toEqual([
      { key: 'other/t', reason: 'Rejected', note: `NotAllowed: ${refused.message}` },
    ]);
    loop.server.delete('other/t');
    await isGone('other/t');
  });

  it.each<readonly [string, ClusterView['allowedNamespaces']]>([
    ['all of them', { from: 'All' }],
    ['its labels', bySelector],
  ])('is made, and goes with its object, where the cluster allows %s', async (_what, allowedNamespaces) => {
    const cluster = await start(allowedNamespaces, far('t', { deletionPolicy: 'Delete' }));
    await loop.becomesReady('other/t');
    expect(queuesOf(cluster)).toBe(8);
    loop.server.delete('other/t');
    await isGone('other/t');
    expect(queuesOf(cluster)).toBeUndefined();
  });

  it('of a cluster that is not there is told so', async () => {
    await start({ from: 'All' }, far('t', { clusterRef: { name: 'd', namespace: 'n' } }));
    const missing = await loop.hasReason('other/t', 'ClusterNotFound');
    expect(missing.message).toBe('there is no RocketMQCluster n/d');
  });
});

describe('a topic whose namespace is allowed no more', () => {
  it.each<readonly [string, () => void, () => void]>([
    ['by its labels', () => loop.tellNamespace('other', {}), () => loop.tellNamespace('other', allowed)],
    [
      'by the cluster',
      () => loop.tellCluster('c', { allowedNamespaces: { from: 'Same' } }),
      () => loop.tellCluster('c', { allowedNamespaces: bySelector }),
    ],
  ])(
    '%s is left as it is, and goes on to be managed once it is again',
    async (_what, withdraw, giveAgain) => {
      const cluster = await start(bySelector, far('t', { deletionPolicy: 'Delete' }));
      await loop.becomesReady('other/t');
      withdraw();
      await loop.hasReason('other/t', 'NotAllowed');
      expect(loop.server.get('other/t').status).toMatchObject({ groups: ['a'], ownedOn: ['a'] });
      const { topics } = cluster.master('a');
      topics.add({ topicName: 'T', readQueueNums: 4, writeQueueNums: 4 });
      loop.server.put(far('t', { deletionPolicy: 'Delete', queuesPerBroker: 16 }));
      await passesGoBy();
      expect(queuesOf(cluster)).toBe(4);
      giveAgain();
      await loop.becomesReady('other/t');
      expect(queuesOf(cluster)).toBe(16);
    },
  );

  it('stays on the brokers when its object is deleted, which goes at once', async () => {
    const cluster = await start(bySelector, far('t', { deletionPolicy: 'Delete' }));
    await loop.becomesReady('other/t');
    loop.tellNamespace('other', {});
    await loop.hasReason('other/t', 'NotAllowed');
    // Also while no operator is there.
    expect(loop.server.get('other/t').metadata.finalizers).toEqual([]);
    loop.server.delete('other/t');
    expect(loop.server.has('other/t')).toBe(false);
    await passesGoBy();
    expect(queuesOf(cluster)).toBe(8);
  });

  it('has its finalizer again before anything is written', async () => {
    await start(bySelector, far('t', { deletionPolicy: 'Delete' }));
    await loop.becomesReady('other/t');
    loop.tellNamespace('other', {});
    await loop.hasReason('other/t', 'NotAllowed');
    loop.tellNamespace('other', allowed);
    await loop.becomesReady('other/t');
    expect(loop.server.get('other/t').metadata.finalizers).toEqual([
      'rocketmq.gantry.dev/delete-from-brokers',
    ]);
  });

  it('stays also when its object waits for brokers meanwhile', async () => {
    const cluster = await start(bySelector, far('t', { deletionPolicy: 'Delete' }));
    await loop.becomesReady('other/t');
    cluster.master('a').server.fault = 'Hang';
    loop.server.delete('other/t');
    await loop.hasReason('other/t', 'BrokerUnreachable');
    loop.tellNamespace('other', {});
    await isGone('other/t');
    expect(loop.events.at(-1)).toEqual({
      key: 'other/t',
      reason: 'Kept',
      note: 'topic T is kept on the brokers: its RocketMQCluster takes no objects of its namespace',
    });
    cluster.master('a').server.fault = 'None';
    await passesGoBy();
    expect(queuesOf(cluster)).toBe(8);
  });
});

describe('a topic that two namespaces declare', () => {
  const near = (): Topic => topic('t', { topicName: 'T', queuesPerBroker: 4 }, { creationTimestamp: later });
  const later = '2026-01-02T00:00:00Z';

  it('is of the first, in whichever it is, and then of the other', async () => {
    const cluster = await start(bySelector, far('t'), near());
    const loser = await loop.hasReason('n/t', 'Conflict');
    expect(loser.message).toBe('Topic other/t declared T first and owns it');
    await loop.becomesReady('other/t');
    expect(queuesOf(cluster)).toBe(8);
    loop.server.delete('other/t');
    await loop.hasReason('n/t', 'Draining');
    expect(loop.server.get('n/t').status?.ownedOn).toEqual(['a']);
  });

  it('is nobody’s whose namespace is not allowed, however early it was', async () => {
    const cluster = await start({ from: 'Same' }, far('t'), near());
    await loop.becomesReady('n/t');
    await loop.hasReason('other/t', 'NotAllowed');
    expect(queuesOf(cluster)).toBe(4);
  });

  it('passes on when the namespace of the first is allowed no more, and back', async () => {
    await start(bySelector, far('t', { queuesPerBroker: 4, deletionPolicy: 'Delete' }), near());
    await loop.becomesReady('other/t');
    await loop.hasReason('n/t', 'Conflict');
    loop.tellNamespace('other', {});
    await loop.becomesReady('n/t');
    await loop.hasReason('other/t', 'NotAllowed');
    loop.tellNamespace('other', allowed);
    await loop.becomesReady('other/t');
    const loser = await loop.hasReason('n/t', 'Conflict');
    expect(loser.message).toBe('Topic other/t declared T first and owns it');
  });

  it('is not taken along by the one whose namespace is not allowed', async () => {
    const cluster = await start(
      bySelector,
      far('t', { queuesPerBroker: 4, deletionPolicy: 'Delete' }),
      near(),
    );
    await loop.becomesReady('other/t');
    loop.tellNamespace('other', {});
    await loop.becomesReady('n/t');
    loop.server.delete('other/t');
    await isGone('other/t');
    await passesGoBy();
    expect(queuesOf(cluster)).toBe(4);
    expect(loop.isReady('n/t')).toBe(true);
  });
});

describe('a namespace that is not known', () => {
  it('gets nothing before it is, and then at once', async () => {
    const cluster = await start(bySelector);
    loop.tellNamespace('other', undefined);
    loop.server.put(far('t'));
    const unknown = await loop.hasReason('other/t', 'NamespaceUnknown');
    expect(unknown.status).toBe('Unknown');
    expect(queuesOf(cluster)).toBeUndefined();
    loop.tellNamespace('other', allowed);
    await loop.becomesReady('other/t');
  });

  it('keeps what it had, also with the next operator', async () => {
    const cluster = await start(bySelector, far('t', { deletionPolicy: 'Delete' }));
    await loop.becomesReady('other/t');
    loop.tellNamespace('other', undefined);
    await loop.restart();
    cluster.master('a').topics.add({ topicName: 'T', readQueueNums: 4, writeQueueNums: 4 });
    await waitUntil('it is repaired', () => queuesOf(cluster) === 8, PATIENCE_MS);
    expect(loop.isReady('other/t')).toBe(true);
    loop.server.delete('other/t');
    await isGone('other/t');
    expect(queuesOf(cluster)).toBeUndefined();
  });

  it('stays without what it was refused', async () => {
    const cluster = await start(bySelector, far('t'));
    loop.tellNamespace('other', {});
    await loop.hasReason('other/t', 'NotAllowed');
    loop.tellNamespace('other', undefined);
    const before = queuesOf(cluster);
    await loop.restart();
    await passesGoBy();
    expect(loop.ready('other/t')?.reason).toBe('NotAllowed');
    expect(queuesOf(cluster)).toBe(before);
  });
});
