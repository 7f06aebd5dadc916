import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { FakeCluster } from '../../../../test/fakes/mod.ts';
import { ConsumerGroups, RocketMQClusters, type ConsumerGroup, type RocketMQCluster } from '../../api/mod.ts';
import { Informer, silentLogger, systemClock } from '../../kube/mod.ts';
import { FakeApi } from '../../kube/testing/fake-api.ts';
import { waitUntil } from '../../kube/testing/wait-until.ts';
import { createNamespaceInformer, type ClusterView } from '../../objects/mod.ts';
import { viewOf } from '../../objects/testing/view.ts';
import { RocketmqClient } from '../../rocketmq/mod.ts';
import { group } from '../testing/group.ts';
import { createResetController } from './controller.ts';
import type { ResetStatus } from './progress.ts';

jest.setTimeout(60_000);

const PATIENCE_MS = 20_000;

type Allowed = ClusterView['allowedNamespaces'];

/** A cluster of two broker groups, on each of which the group has read 4 of 10 messages of a topic. */
class World {
  readonly api = new FakeApi();
  readonly notes: string[] = [];
  paused = false;
  allowedNamespaces: Allowed;
  readonly key: { readonly namespace: string; readonly name: string };
  readonly cluster: FakeCluster;
  readonly #client = new RocketmqClient({ connectTimeoutMs: 500, requestTimeoutMs: 500 });
  #stop = new AbortController();
  #running: readonly Promise<unknown>[] = [];

  static async start(namespace = 'n', allowedNamespaces: Allowed = { from: 'Same' }): Promise<World> {
    const cluster = await FakeCluster.start({ cluster: 'c', groups: ['a', 'b'] });
    const world = new World(cluster, { namespace, name: 'g' }, allowedNamespaces);
    for (const { store, topics, groups } of world.cluster.masters()) {
      topics.add({ topicName: 't', readQueueNums: 1, writeQueueNums: 1 });
      groups.set('g', { groupName: 'g' });
      store.fill('t', 10);
      store.offsets.set('t@g', new Map([['0', 4]]));
      store.offsets.set('%RETRY%g@g', new Map([['0', 1]]));
    }
    await world.api.create(RocketMQClusters, {
      apiVersion: 'rocketmq.gantry.dev/v1beta1',
      kind: 'RocketMQCluster',
      metadata: { namespace: 'n', name: 'c' },
    });
    const { spec } = group('g', { clusterRef: { name: 'c', namespace: 'n' } });
    const conditions = [
      { type: 'Ready', status: 'True', reason: 'Reconciled', message: '', lastTransitionTime: '' },
    ];
    const object = {
      apiVersion: 'rocketmq.gantry.dev/v1beta1',
      kind: 'ConsumerGroup',
      metadata: world.key,
      spec,
      status: { conditions },
    };
    await world.api.create(ConsumerGroups, object);
    await world.run();
    return world;
  }

  private constructor(cluster: FakeCluster, key: World['key'], allowedNamespaces: Allowed) {
    this.cluster = cluster;
    this.key = key;
    this.allowedNamespaces = allowedNamespaces;
  }

  async run(): Promise<void> {
    const deps = { client: this.api, clock: systemClock, random: Math.random, log: silentLogger };
    const clusters = new Informer<RocketMQCluster>({ ...deps, type: RocketMQClusters });
    const groups = new Informer<ConsumerGroup>({ ...deps, type: ConsumerGroups });
    const namespaces = createNamespaceInformer(deps);
    const controller = createResetController({
      ...deps,
      api: this.api,
      clusters,
      namespaces,
      groups,
      viewOf: () => viewOf(this.cluster, { paused: this.paused, allowedNamespaces: this.allowedNamespaces }),
      serversOf: () => this.#client,
      events: { record: (_object, { note }) => this.notes.push(note) },
      pollMs: 20,
      callTimeoutMs: 300,
    });
    const informers = [clusters, groups, namespaces];
    const watches = informers.map(async (informer) => informer.run(this.#stop.signal));
    await Promise.all(informers.map(async ({ synced }) => synced));
    this.#running = [...watches, controller.start(this.#stop.signal)];
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
    this.#stop = new AbortController();
  }

  async stop(): Promise<void> {
    await this.end();
    await Promise.all([this.#client.close(), this.cluster.stop()]);
  }

  async ask(resetOffset: object): Promise<void> {
    await this.edit({ resetOffset });
  }

  /** As a person does, and the loop of all groups keeps up. */
  async edit(spec: object): Promise<void> {
    const { metadata } = (await this.api.get(ConsumerGroups, this.key)) ?? {};
    const generation = (metadata?.generation ?? 1) + 1;
    await this.api.mergePatch(ConsumerGroups, this.key, { metadata: { generation }, spec });
    const status = { observedGeneration: generation };
    await this.api.mergePatch(ConsumerGroups, this.key, { status }, { subresource: 'status' });
  }

  /** The cluster says from which namespaces it takes groups. */
  async allow(allowedNamespaces: Allowed): Promise<void> {
    this.allowedNamespaces = allowedNamespaces;
    await this.api.mergePatch(
      RocketMQClusters,
      { namespace: 'n', name: 'c' },
      { metadata: { generation: 2 } },
    );
  }

  /** As the loop of all groups says it. */
  async ready(status: 'True' | 'False'): Promise<void> {
    const conditions = [{ type: 'Ready', status, reason: '', message: '', lastTransitionTime: '' }];
    await this.api.mergePatch(
      ConsumerGroups,
      this.key,
      { status: { conditions } },
      { subresource: 'status' },
    );
  }

  async told(): Promise<ResetStatus | undefined> {
    return (await this.api.get(ConsumerGroups, this.key))?.status?.resetOffset;
  }

  async becomes(isMeant: (told: ResetStatus | undefined) => boolean): Promise<ResetStatus> {
    const endsAt = performance.now() + PATIENCE_MS;
    for (;;) {
      const told = await this.told();
      if (told !== undefined && isMeant(told)) return told;
      if (performance.now() > endsAt) throw new Error(`not in time: ${JSON.stringify(told)}`);
      await sleep(20);
    }
  }

  places(): readonly (number | undefined)[] {
    return this.cluster.masters().map(({ store }) => store.offsets.get('t@g')?.get('0'));
  }
}

let world: World;
afterEach(async () => world.stop());

describe('a reset of offsets', () => {
  it.each([
    ['Earliest', 0, { again: 8, skipped: 0 }],
    ['Latest', 10, { again: 0, skipped: 12 }],
  ])('to %s moves the places on every master, and says how far', async (to, place, moved) => {
    world = await World.start();
    await world.ask({ id: 'r1', to, dryRun: false });
    const told = await world.becomes(({ state } = { id: '', state: 'Planned' }) => state === 'Done');
    expect(told).toMatchObject({ id: 'r1', doneOn: ['a', 'b'], ...moved });
    expect(world.places()).toEqual([place, place]);
    const retries = world.cluster.masters().map(({ store }) => store.offsets.get('%RETRY%g@g')?.get('0'));
    expect(retries).toEqual([1, 1]);
    expect(world.notes).toHaveLength(1);
  });

  it('is done once an id, also by the next operator', async () => {
    world = await World.start();
    await world.ask({ id: 'r1', to: 'Earliest', dryRun: false });
    await world.becomes((told) => told?.state === 'Done');
    for (const { store } of world.cluster.masters()) store.offsets.set('t@g', new Map([['0', 7]]));
    await world.end();
    await world.run();
    await world.ask({ id: 'r1', to: 'Latest', dryRun: false });
    await world.ask({ id: 'r2', to: 'Latest', dryRun: true });
    const told = await world.becomes((status) => status?.id === 'r2' && status.state !== 'Planning');
    expect(told).toMatchObject({ state: 'Planned', again: 0, skipped: 6 });
    expect(world.places()).toEqual([7, 7]);
    await world.ask({ id: 'r2', to: 'Latest', dryRun: false });
    await world.becomes((status) => status?.state === 'Done');
    expect(world.places()).toEqual([10, 10]);
  });

  it('is not begun for an object whose spec cannot be read', async () => {
    world = await World.start();
    await world.edit({ ordered: 'yes', resetOffset: { id: 'r1', to: 'Earliest', dryRun: false } });
    await world.edit({ ordered: false, resetOffset: { id: 'r2', to: 'Latest', dryRun: false } });
    expect(await world.becomes((told) => told?.state === 'Done')).toMatchObject({ id: 'r2', again: 0 });
    expect(world.places()).toEqual([10, 10]);
  });

  it('goes on where it was when a master answers again, and moves nobody twice', async () => {
    world = await World.start();
    const hanging = world.cluster.master('b').server;
    hanging.fault = 'Hang';
    await world.ask({ id: 'r1', to: 'Earliest', dryRun: false });
    const half = await world.becomes((told) => told?.message !== undefined);
    expect(half).toMatchObject({ state: 'Running', doneOn: ['a'], again: 4 });
    expect(half.message).toContain('b: ');
    world.cluster.master('a').store.offsets.set('t@g', new Map([['0', 9]]));
    await world.end();
    hanging.fault = 'None';
    await world.run();
    const told = await world.becomes((status) => status?.state === 'Done');
    expect(told).toMatchObject({ again: 8, toTime: half.toTime });
    expect(told.message).toBeUndefined();
    expect(world.places()).toEqual([9, 0]);
  });

  it('moves nothing once more while another topic cannot be moved', async () => {
    world = await World.start();
    const { topics, store } = world.cluster.master('a');
    topics.add({ topicName: 'u', readQueueNums: 1, writeQueueNums: 1 });
    topics.broken.add('u');
    store.offsets.set('u@g', new Map([['0', 0]]));
    await world.ask({ id: 'r1', to: 'Earliest', dryRun: false });
    const half = await world.becomes((told) => told?.message !== undefined);
    expect(half).toMatchObject({ state: 'Running', doneOn: [] });
    expect(half.message).toMatch(/^a: u: .*its files are broken/);
    expect(world.places()).toEqual([0, 4]);
    store.offsets.set('t@g', new Map([['0', 9]]));
    topics.broken.delete('u');
    const told = await world.becomes((status) => status?.state === 'Done');
    expect(told).toMatchObject({ again: 8, doneOn: ['a', 'b'] });
    expect(world.places()).toEqual([9, 0]);
  });

  it('moves nothing anywhere while a master is not known', async () => {
    world = await World.start();
    world.cluster.loseLeader();
    await world.ask({ id: 'r1', to: 'Earliest', dryRun: false });
    await world.becomes((told) => told?.message !== undefined);
    expect(world.places()).toEqual([4, 4]);
  });

  it('is for some topics, when it says so', async () => {
    world = await World.start();
    await world.ask({ id: 'r1', to: 'Earliest', topics: ['other'], dryRun: false });
    const told = await world.becomes((status) => status?.state === 'Done');
    expect(told).toMatchObject({ again: 0, topics: ['other'] });
    expect(world.places()).toEqual([4, 4]);
  });

  it('waits until the group is as declared', async () => {
    world = await World.start();
    await world.ready('False');
    await world.ask({ id: 'r1', to: 'Earliest', dryRun: false });
    await sleep(200);
    expect(world.places()).toEqual([4, 4]);
    expect(await world.told()).toBeUndefined();
    await world.ready('True');
    await world.becomes((told) => told?.state === 'Done');
    expect(world.places()).toEqual([0, 0]);
  });

  it('waits until the cluster takes objects of the namespace of the group', async () => {
    world = await World.start('other');
    await world.ask({ id: 'r1', to: 'Earliest', dryRun: false });
    const looks = (): number => world.api.calls.filter(({ verb }) => verb === 'get').length;
    const before = looks();
    await waitUntil('it has looked', () => looks() > before + 3, PATIENCE_MS);
    expect(world.places()).toEqual([4, 4]);
    await world.allow({ from: 'All' });
    await world.becomes((told) => told?.state === 'Done');
    expect(world.places()).toEqual([0, 0]);
  });

  it('is refused where the object only observes', async () => {
    world = await World.start();
    await world.edit({ adoptionPolicy: 'Observe' });
    await world.ask({ id: 'r1', to: 'Earliest', dryRun: false });
    const told = await world.becomes((status) => status?.state === 'Refused');
    expect(told.message).toContain('Observe');
    expect(world.places()).toEqual([4, 4]);
  });
});
