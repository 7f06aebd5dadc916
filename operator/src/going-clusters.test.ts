/** Whatever goes first, and whoever is restarted meanwhile: no finalizer waits for a cluster that is gone or going. */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { FakeCluster, FakeClusterShape } from '../../test/fakes/mod.ts';
import { groupKind } from './group/mod.ts';
import { group } from './group/testing/group.ts';
import { waitUntil } from './kube/testing/wait-until.ts';
import type { DeclaredObject, ObjectKind } from './objects/mod.ts';
import { LoopHarness } from './objects/testing/loop-harness.ts';
import { topicKind } from './topic/mod.ts';
import { topic } from './topic/testing/topic.ts';
import { userKind } from './user/kind.ts';
import { user } from './user/testing/user.ts';

// Real sockets on a machine that may be busy with other tests.
jest.setTimeout(60_000);
/** What they are to let go within. */
const PATIENCE_MS = 30_000;
/** Far beyond that: who waits for an answer of a server fails. */
const CALL_TIMEOUT_MS = 120_000;

const finalizers = ['rocketmq.gantry.dev/delete-from-brokers'];
const access = { innerCredentials: { accessKey: 'gantry-inner-1', secretKey: 'inner' }, enforced: true };
const names = Array.from({ length: 20 }, (_, index) => `o${index}`);

let stop = async (): Promise<void> => Promise.resolve();
afterEach(async () => stop());

const brokersOf = (cluster: FakeCluster) => cluster.groupNames.flatMap((name) => cluster.brokers(name));

function hang(cluster: FakeCluster): void {
  for (const { server } of [...brokersOf(cluster), ...cluster.nameServers]) server.fault = 'Hang';
}

/** Brokers answer everything but these requests. */
function swallow(cluster: FakeCluster, code: number): void {
  for (const { server } of brokersOf(cluster)) server.swallowed.add(code);
}

/** Codes of the requests that a removal begins with, that write and that remove. */
interface Requests {
  readonly look: readonly ['nameServers' | 'brokers', number];
  readonly write: number;
  readonly remove: number;
}

/** A pass begins that meets servers which do not answer. */
async function asked(cluster: FakeCluster, ...of: Requests['look']): Promise<void> {
  const before = cluster.calls(...of);
  await waitUntil('they are asked', () => cluster.calls(...of) > before, PATIENCE_MS);
}

/** How many are left; waits until none is. */
async function left({
  server,
}: {
  readonly server: { readonly list: () => readonly DeclaredObject[] };
}): Promise<number> {
  await waitUntil('all are gone', () => server.list().length === 0, PATIENCE_MS);
  return server.list().length;
}

function lettingGo<O extends DeclaredObject, Desired, Actual, Write>(
  kind: ObjectKind<O, Desired, Actual, Write>,
  make: (name: string) => O,
  edited: (name: string) => O,
  { look, write, remove }: Requests,
  shape: FakeClusterShape = {},
): void {
  type Loop = LoopHarness<O, Desired, Actual, Write>;
  const keys = names.map((name) => `n/${name}`);

  /** Objects that have what they declare, and take it along. */
  async function begin(): Promise<{ readonly loop: Loop; readonly cluster: FakeCluster }> {
    const timings = { callTimeoutMs: CALL_TIMEOUT_MS, passDeadlineMs: CALL_TIMEOUT_MS };
    const loop = new LoopHarness(kind, timings);
    stop = async () => loop.stop();
    const cluster = await loop.addCluster('c', shape);
    for (const name of names) loop.server.put(make(name));
    loop.start();
    await waitUntil('all are Ready', () => loop.allReady(), PATIENCE_MS);
    expect(loop.server.list().map(({ metadata }) => metadata.finalizers)).toEqual(
      names.map(() => finalizers),
    );
    return { loop, cluster };
  }

  const deleteAll = (loop: Loop, some = keys): void => {
    for (const key of some) if (loop.server.has(key)) loop.server.delete(key);
  };

  it.each<readonly [string, (loop: Loop) => void]>([
    ['is gone', (loop) => loop.forgetCluster('c')],
    ['is being deleted', (loop) => loop.tellCluster('c', { leaving: true })],
    ['is being deleted and paused', (loop) => loop.tellCluster('c', { leaving: true, paused: true })],
    ['goes with its namespace', (loop) => loop.tellNamespace('n', {}, true)],
  ])('goes after a cluster that %s', async (_what, change) => {
    const { loop, cluster } = await begin();
    hang(cluster);
    change(loop);
    deleteAll(loop);
    expect(await left(loop)).toBe(0);
    expect(new Set(loop.events.map(({ reason }) => reason))).toEqual(new Set(['Kept']));
  });

  it.each<readonly [string, (loop: Loop) => void]>([
    ['is gone then', (loop) => loop.forgetCluster('c')],
    ['is being deleted then', (loop) => loop.tellCluster('c', { leaving: true })],
    ['goes with its namespace then', (loop) => loop.tellNamespace('n', {}, true)],
  ])('goes while its deletion waits for the servers of a cluster that %s', async (_what, change) => {
    const { loop, cluster } = await begin();
    hang(cluster);
    deleteAll(loop);
    await asked(cluster, ...look);
    expect(loop.server.list()).toHaveLength(names.length);
    change(loop);
    expect(await left(loop)).toBe(0);
  });

  it('goes while brokers do not answer whether they have deleted it', async () => {
    const { loop, cluster } = await begin();
    swallow(cluster, remove);
    deleteAll(loop);
    await asked(cluster, 'brokers', remove);
    loop.forgetCluster('c');
    expect(await left(loop)).toBe(0);
  });

  it('goes while a write of it waits for a cluster that is gone then', async () => {
    const { loop, cluster } = await begin();
    swallow(cluster, write);
    for (const name of names)
      loop.server.put({ ...edited(name), metadata: loop.server.get(`n/${name}`).metadata });
    await asked(cluster, 'brokers', write);
    deleteAll(loop);
    loop.forgetCluster('c');
    expect(await left(loop)).toBe(0);
  });

  it.each<readonly [string, (loop: Loop) => void, (loop: Loop) => void]>([
    ['that is gone', (loop) => loop.forgetCluster('c'), (loop) => loop.tellCluster('c')],
    [
      'that is being deleted',
      (loop) => loop.tellCluster('c', { leaving: true }),
      (loop) => loop.tellCluster('c'),
    ],
  ])(
    'needs no operator to go after a cluster %s, and is held again by the next one',
    async (_what, go, come) => {
      const { loop } = await begin();
      go(loop);
      const held = (): readonly unknown[] =>
        loop.server.list().filter(({ metadata }) => metadata.finalizers?.length === 1);
      await waitUntil('nothing is held', () => held().length === 0, PATIENCE_MS);
      const [first = ''] = keys;
      loop.server.delete(first);
      expect(loop.server.has(first)).toBe(false);
      come(loop);
      await waitUntil('all others are held', () => held().length === names.length - 1, PATIENCE_MS);
      await waitUntil('they are Ready', () => loop.allReady(), PATIENCE_MS);
    },
  );

  it('goes with its cluster, all at once', async () => {
    const { loop, cluster } = await begin();
    deleteAll(loop, keys.slice(0, 10));
    loop.forgetCluster('c');
    hang(cluster);
    deleteAll(loop, keys.slice(10));
    expect(await left(loop)).toBe(0);
  });

  it.each<readonly [string, (loop: Loop) => void, (loop: Loop) => void]>([
    ['the cluster first', (loop) => loop.forgetCluster('c'), (loop) => deleteAll(loop)],
    ['the objects first', (loop) => deleteAll(loop), (loop) => loop.forgetCluster('c')],
    [
      'some of them first',
      (loop) => deleteAll(loop, keys.slice(0, 10)),
      (loop) => {
        loop.forgetCluster('c');
        deleteAll(loop);
      },
    ],
  ])('goes with the next operator as well: %s', async (_what, first, then) => {
    const { loop, cluster } = await begin();
    hang(cluster);
    first(loop);
    await loop.restart();
    then(loop);
    expect(await left(loop)).toBe(0);
  });

  it('is let go although it has changed meanwhile', async () => {
    const { loop } = await begin();
    loop.server.conflicts = names.length;
    loop.forgetCluster('c');
    const isHeld = (): boolean =>
      loop.server.list().some(({ metadata }) => metadata.finalizers?.length === 1);
    await waitUntil('nothing is held', () => !isHeld(), PATIENCE_MS);
    expect(loop.server.list()).toHaveLength(names.length);
  });

  it('goes although it has changed meanwhile', async () => {
    const { loop } = await begin();
    loop.server.conflicts = names.length;
    loop.forgetCluster('c');
    deleteAll(loop);
    expect(await left(loop)).toBe(0);
  });

  it('goes when there never was a cluster', async () => {
    const loop = new LoopHarness(kind);
    stop = async () => loop.stop();
    for (const name of names) {
      const object = make(name);
      loop.server.put({ ...object, metadata: { ...object.metadata, finalizers } });
    }
    loop.start();
    const [first = ''] = keys;
    await loop.hasReason(first, 'ClusterNotFound');
    deleteAll(loop);
    expect(await left(loop)).toBe(0);
  });
}

describe('a topic', () => {
  const policy = { deletionPolicy: 'Delete' } as const;
  lettingGo(
    topicKind,
    (name) => topic(name, policy),
    (name) => topic(name, { ...policy, queuesPerBroker: 16 }),
    { look: ['nameServers', 106], write: 18, remove: 215 },
  );
});

describe('a consumer group', () => {
  const policy = { deletionPolicy: 'Delete' } as const;
  lettingGo(
    groupKind,
    (name) => group(name, policy),
    (name) => group(name, { ...policy, retry: { maxAttempts: 5 } }),
    { look: ['nameServers', 106], write: 225, remove: 207 },
  );
});

describe('a user', () => {
  const kind = userKind(({ metadata }) => ({
    ok: true,
    pairs: [{ accessKey: `${metadata.name}.a`, secretKey: 'key' }],
  }));
  lettingGo(
    kind,
    (name) => user(name),
    (name) => user(name, { type: 'Super' }),
    { look: ['brokers', 3003], write: 3002, remove: 3003 },
    { access },
  );
});
