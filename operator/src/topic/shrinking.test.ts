/** A topic that is to have fewer queues, on fake brokers. */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { FakeCluster } from '../../../test/fakes/mod.ts';
import type { TopicSpec } from '../api/mod.ts';
import { waitUntil } from '../kube/testing/wait-until.ts';
import { LoopHarness } from '../objects/testing/loop-harness.ts';
import { topicKind } from './kind.ts';
import { topic } from './testing/topic.ts';

jest.setTimeout(60_000);

const REFRESH_MS = 60_000;
const closed = { readQueueNums: 8, writeQueueNums: 4 };
const whole = { readQueueNums: 4, writeQueueNums: 4 };

let loop = new LoopHarness(topicKind);
afterEach(async () => loop.stop());

const onMasters = (cluster: FakeCluster) => cluster.masters().map(({ topics }) => topics.get('t'));
const since = () => loop.server.get('n/t').status?.drainingSince;

/** A topic that had eight queues and is to have four; both masters are closed to the others. */
async function shrinking(spec: Partial<TopicSpec> = {}): Promise<FakeCluster> {
  loop = new LoopHarness(topicKind, { resyncMs: 50 });
  const cluster = await loop.addCluster('c', { replicas: 2 });
  loop.server.put(topic('t', { ...spec, queuesPerBroker: 8 }));
  loop.start();
  await loop.becomesReady('n/t');
  loop.server.put(topic('t', { ...spec, queuesPerBroker: 4 }));
  await waitUntil('every master is closed', () => since() !== undefined, 20_000);
  expect(onMasters(cluster)).toMatchObject([closed, closed]);
  return cluster;
}

/** A group that has read some of queue 6, which has five messages. */
function withReader(cluster: FakeCluster, offset: number): void {
  const { store } = cluster.master('broker-b');
  store.fill('t', 5, 6);
  store.groups.set('g', { groupName: 'g' });
  store.offsets.set('t@g', new Map([['6', offset]]));
}

async function untilLooked(cluster: FakeCluster): Promise<void> {
  const lists = () => cluster.calls('brokers', 21);
  const before = lists();
  await waitUntil('the masters were looked at again', () => lists() >= before + 4, 20_000);
}

describe('a topic that is to have fewer queues', () => {
  it('takes no messages in them at once, and gives them up when clients know it', async () => {
    const cluster = await shrinking();
    const draining = await loop.hasReason('n/t', 'Draining');
    expect(draining).toMatchObject({ status: 'False' });
    expect(draining.message).toMatch(/^closed on every master: .* may still come in until \S+Z$/);
    expect(loop.server.get('n/t').status?.conditions?.map(({ type }) => type)).toEqual([
      'Ready',
      'Reconciling',
    ]);
    loop.passTime(REFRESH_MS - 10_000);
    await untilLooked(cluster);
    expect(onMasters(cluster)).toMatchObject([closed, closed]);
    loop.passTime(10_000);
    await loop.becomesReady('n/t');
    expect(onMasters(cluster)).toMatchObject([whole, whole]);
    expect(loop.server.get('n/t').status).toMatchObject({ totalQueues: 8 });
    expect(since()).toBeUndefined();
  });

  it('keeps them on every master until each group has read them', async () => {
    const cluster = await shrinking();
    withReader(cluster, 4);
    loop.passTime(REFRESH_MS);
    const left = 'broker-b: not read to the end by group g: queues from number 4 on';
    await waitUntil('it says who has to read', () => loop.ready('n/t')?.message === left, 20_000);
    expect(onMasters(cluster)).toMatchObject([closed, closed]);
    withReader(cluster, 5);
    await loop.becomesReady('n/t');
    expect(onMasters(cluster)).toMatchObject([whole, whole]);
  });

  it('does not wait for groups that are deleted, or read nothing of it', async () => {
    const cluster = await shrinking();
    withReader(cluster, 0);
    const { store } = cluster.master('broker-b');
    store.deleteGroup('g', false);
    store.groups.set('other', { groupName: 'other' });
    store.offsets.set('another-topic@other', new Map([['6', 0]]));
    loop.passTime(REFRESH_MS);
    await loop.becomesReady('n/t');
    expect(onMasters(cluster)).toMatchObject([whole, whole]);
  });

  it.each<[TopicSpec['type'], number]>([
    ['FIFO', 0],
    ['Delay', 600_000],
    ['Transaction', 300_000],
    ['Unspecified', 900_000],
  ])('waits as long as a broker may hold a message of it back: %s', async (type, heldBackMs) => {
    const cluster = await shrinking({ type });
    loop.passTime(REFRESH_MS + heldBackMs - 10_000);
    await untilLooked(cluster);
    expect(onMasters(cluster)).toMatchObject([closed, closed]);
    loop.passTime(10_000);
    await loop.becomesReady('n/t');
  });

  // A broker counts up and down, and may have begun too low after a crash.
  it.each([1, -1])(
    'waits for timed messages, %i of them, whatever type the topic has by now',
    async (count) => {
      const cluster = await shrinking();
      cluster.master('broker-a').store.timed.set('t', count);
      loop.passTime(REFRESH_MS);
      const held = 'broker-a: timed messages that may be for them wait for their time';
      await waitUntil('it says so', () => loop.ready('n/t')?.message === held, 20_000);
      expect(onMasters(cluster)).toMatchObject([closed, closed]);
      // Those that are there by then were sent to queues that stay.
      loop.passTime(900_000);
      await loop.becomesReady('n/t');
    },
  );

  it('does not count the time in which a name server leads clients to them', async () => {
    loop = new LoopHarness(topicKind, { resyncMs: 50 });
    const cluster = await loop.addCluster('c', { nameServers: 2 });
    loop.server.put(topic('t', { queuesPerBroker: 8 }));
    loop.start();
    await loop.becomesReady('n/t');
    const [, second] = cluster.nameServers;
    if (second === undefined) throw new Error('no second name server');
    second.server.fault = 'Hang';
    loop.server.put(topic('t', { queuesPerBroker: 4 }));
    await waitUntil('the masters are closed', () => onMasters(cluster)[0]?.writeQueueNums === 4, 20_000);
    await loop.hasReason('n/t', 'Draining');
    loop.passTime(REFRESH_MS);
    await untilLooked(cluster);
    expect(since()).toBeUndefined();
    second.server.fault = 'None';
    cluster.registerAll();
    await waitUntil('the time is counted', () => since() !== undefined, 20_000);
    expect(onMasters(cluster)).toMatchObject([closed, closed]);
    loop.passTime(REFRESH_MS);
    await loop.becomesReady('n/t');
  });

  it('says the same in the same words, whoever answers first', async () => {
    const cluster = await shrinking();
    for (const { store } of cluster.masters()) {
      store.fill('t', 5, 6);
      store.groups.set('g', { groupName: 'g' });
      store.offsets.set('t@g', new Map([['6', 0]]));
    }
    loop.passTime(REFRESH_MS);
    await waitUntil(
      'it says who has to read',
      () => /by group g/.test(loop.ready('n/t')?.message ?? ''),
      20_000,
    );
    const { writes } = loop.server;
    for (let look = 0; look < 5; look += 1) await untilLooked(cluster);
    expect(loop.server.writes).toBe(writes);
  });

  it('is closed again by a master that was elected without having heard of it', async () => {
    const cluster = await shrinking();
    const first = since();
    loop.passTime(REFRESH_MS / 2);
    cluster.syncMetadata();
    const [, replica] = cluster.brokers('broker-a');
    replica?.topics.edit('t', { writeQueueNums: 8, readQueueNums: 8 });
    cluster.elect('broker-a', replica?.identity.id ?? 0);
    loop.tellCluster('c');
    await waitUntil('the new master is closed', () => since() !== first && since() !== undefined, 20_000);
    expect(onMasters(cluster)).toMatchObject([closed, closed]);
    loop.passTime(REFRESH_MS);
    await loop.becomesReady('n/t');
  });

  it('begins anew when a master was opened again', async () => {
    const cluster = await shrinking();
    const first = since();
    loop.passTime(REFRESH_MS / 2);
    cluster.master('broker-a').topics.edit('t', { writeQueueNums: 8 });
    await waitUntil('it is closed again', () => since() !== first && since() !== undefined, 20_000);
    loop.passTime(REFRESH_MS / 2);
    await untilLooked(cluster);
    expect(onMasters(cluster)).toMatchObject([closed, closed]);
    loop.passTime(REFRESH_MS / 2);
    await loop.becomesReady('n/t');
  });

  it('goes on where it was after a restart of the operator', async () => {
    const cluster = await shrinking();
    const first = since();
    await loop.restart();
    await untilLooked(cluster);
    expect(since()).toBe(first);
    loop.passTime(REFRESH_MS);
    await loop.becomesReady('n/t');
  });

  it('waits for a master that is silent, and does not begin anew for it', async () => {
    const cluster = await shrinking();
    const first = since();
    const { server } = cluster.master('broker-b');
    server.fault = 'Hang';
    loop.passTime(REFRESH_MS);
    await loop.hasReason('n/t', 'BrokerUnreachable');
    expect(cluster.master('broker-a').topics.get('t')).toMatchObject(closed);
    expect(since()).toBe(first);
    server.fault = 'None';
    await loop.becomesReady('n/t');
    expect(onMasters(cluster)).toMatchObject([whole, whole]);
  });

  it('does not begin anew while nobody at all answers', async () => {
    const cluster = await shrinking();
    const first = since();
    for (const { server } of cluster.masters()) server.fault = 'Hang';
    await loop.hasReason('n/t', 'BrokerUnreachable');
    expect(since()).toBe(first);
    for (const { server } of cluster.masters()) server.fault = 'None';
    loop.passTime(REFRESH_MS);
    await loop.becomesReady('n/t');
    expect(onMasters(cluster)).toMatchObject([whole, whole]);
  });

  it('begins anew with another edit', async () => {
    const cluster = await shrinking();
    loop.passTime(REFRESH_MS);
    withReader(cluster, 4);
    loop.server.put(topic('t', { queuesPerBroker: 2 }));
    await waitUntil('the rest is closed', () => onMasters(cluster)[0]?.writeQueueNums === 2, 20_000);
    withReader(cluster, 5);
    await waitUntil('the time is counted', () => since() !== undefined, 20_000);
    await untilLooked(cluster);
    expect(onMasters(cluster)).toMatchObject([{ readQueueNums: 8 }, { readQueueNums: 8 }]);
    loop.passTime(REFRESH_MS);
    await loop.becomesReady('n/t');
  });

  it('waits also for a group that has read on another broker group only', async () => {
    const cluster = await shrinking();
    withReader(cluster, 5);
    const { store } = cluster.master('broker-a');
    store.fill('t', 5, 6);
    store.groups.set('g', { groupName: 'g' });
    loop.passTime(REFRESH_MS);
    const left = 'broker-a: not read to the end by group g: queues from number 4 on';
    await waitUntil('it says who has to read', () => loop.ready('n/t')?.message === left, 20_000);
    store.offsets.set('t@g', new Map([['6', 5]]));
    await loop.becomesReady('n/t');
    expect(onMasters(cluster)).toMatchObject([whole, whole]);
  });

  it('grows again without having lost anything', async () => {
    const cluster = await shrinking();
    loop.server.put(topic('t', { queuesPerBroker: 8 }));
    await loop.becomesReady('n/t');
    expect(onMasters(cluster)).toMatchObject([{ writeQueueNums: 8 }, { writeQueueNums: 8 }]);
    expect(since()).toBeUndefined();
  });

  it('shrinks what was enlarged by hand, with the same care', async () => {
    const cluster = await shrinking();
    loop.passTime(REFRESH_MS);
    await loop.becomesReady('n/t');
    cluster.master('broker-a').topics.edit('t', { readQueueNums: 6, writeQueueNums: 6 });
    await loop.hasReason('n/t', 'Draining');
    const note = 'topic t differed from its declaration and was repaired: writeQueueNums on broker-a';
    expect(loop.events.map((event) => event.note)).toContain(note);
    await waitUntil('every master is closed', () => since() !== undefined, 20_000);
    loop.passTime(REFRESH_MS);
    await loop.becomesReady('n/t');
  });

  it('is only told of by who observes', async () => {
    loop = new LoopHarness(topicKind, { resyncMs: 50 });
    const cluster = await loop.addCluster('c');
    for (const { topics } of cluster.masters())
      topics.add({ topicName: 't', readQueueNums: 8, writeQueueNums: 4 });
    loop.server.put(topic('t', { type: 'Unspecified', queuesPerBroker: 4, adoptionPolicy: 'Observe' }));
    loop.start();
    const differs = await loop.hasReason('n/t', 'Differs');
    expect(differs.message).toBe('readQueueNums on broker-a; readQueueNums on broker-b');
    expect(onMasters(cluster)).toMatchObject([closed, closed]);
  });
});
