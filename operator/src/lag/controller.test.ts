import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Registry } from 'prom-client';
import { FakeCluster, FakeProxy } from '../../../test/fakes/mod.ts';
import {
  ConsumerGroups,
  RocketMQClusters,
  Topics,
  type ConsumerGroup,
  type RocketMQCluster,
  type Topic,
} from '../api/mod.ts';
import { Informer, Namespaces, silentLogger, systemClock } from '../kube/mod.ts';
import { FakeApi } from '../kube/testing/fake-api.ts';
import { waitUntil } from '../kube/testing/wait-until.ts';
import { createNamespaceInformer, type ClusterView } from '../objects/mod.ts';
import { viewOf } from '../objects/testing/view.ts';
import { RocketmqClient } from '../rocketmq/mod.ts';
import { createLagController } from './controller.ts';
import { InFlightBoard } from './in-flight-board.ts';
import { lagMetrics } from './metrics.ts';

jest.setTimeout(60_000);

const PATIENCE_MS = 20_000;

/** A cluster with a group of five messages to read, and the controller at work on it. */
class World {
  readonly api = new FakeApi();
  readonly registry = new Registry();
  readonly #client = new RocketmqClient({ connectTimeoutMs: 500 });
  readonly #proxy = new FakeProxy();
  readonly #stop = new AbortController();
  #running: readonly Promise<unknown>[] = [];

  static async start(statusPeriodMs = 0, holdMs = 0): Promise<World> {
    const cluster = await FakeCluster.start({ cluster: 'c', groups: ['a'] });
    const world = new World(cluster);
    await world.#proxy.server.listen();
    cluster.master('a').topics.add({ topicName: 't' });
    cluster.master('a').groups.set('g', { groupName: 'g' });
    world.waiting(5);
    await world.#run(statusPeriodMs, holdMs);
    return world;
  }

  readonly cluster: FakeCluster;
  allowedNamespaces: ClusterView['allowedNamespaces'] = { from: 'Same' };
  private constructor(cluster: FakeCluster) {
    this.cluster = cluster;
  }

  /** Messages that the group has not read. */
  waiting(count: number): void {
    const { store } = this.cluster.master('a');
    store.fill('t', 10);
    store.offsets.set('t@g', new Map([['0', 10 - count]]));
  }

  async declare(name: string, groupName: string, reason = 'Reconciled', namespace = 'n'): Promise<void> {
    const conditions = [{ type: 'Ready', status: 'True', reason, message: '', lastTransitionTime: '' }];
    const object = {
      apiVersion: 'rocketmq.gantry.dev/v1beta1',
      kind: 'ConsumerGroup',
      metadata: { namespace, name },
      spec: { clusterRef: { name: 'c', namespace: 'n' }, groupName },
      status: { conditions, groupName },
    };
    await this.api.create(ConsumerGroups, object);
  }

  /** The cluster says from which namespaces it takes groups. */
  async allow(allowedNamespaces: ClusterView['allowedNamespaces']): Promise<void> {
    this.allowedNamespaces = allowedNamespaces;
    await this.api.mergePatch(
      RocketMQClusters,
      { namespace: 'n', name: 'c' },
      { metadata: { generation: 2 } },
    );
  }

  async consumption(name = 'g', namespace = 'n'): Promise<unknown> {
    return (await this.api.get(ConsumerGroups, { namespace, name }))?.status?.consumption;
  }

  /** What its status says of who reads the topic. */
  async readers(): Promise<unknown> {
    const { status } = (await this.api.get(Topics, { namespace: 'n', name: 't' })) ?? {};
    return status?.subscribedGroups;
  }

  async lines(): Promise<readonly string[]> {
    return (await this.registry.metrics())
      .split('\n')
      .filter((line) => line.startsWith('gantry_consumer_group_lag_messages{'));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
    await Promise.all([this.#client.close(), this.cluster.stop(), this.#proxy.server.close()]);
  }

  async #run(statusPeriodMs: number, holdMs: number): Promise<void> {
    const deps = { client: this.api, clock: systemClock, random: Math.random, log: silentLogger };
    const clusters = new Informer<RocketMQCluster>({ ...deps, type: RocketMQClusters });
    const groups = new Informer<ConsumerGroup>({ ...deps, type: ConsumerGroups });
    const namespaces = createNamespaceInformer(deps);
    const topics = new Informer<Topic>({ ...deps, type: Topics });
    await this.declare('g', 'g');
    const topic = {
      apiVersion: 'rocketmq.gantry.dev/v1beta1',
      kind: 'Topic',
      metadata: { namespace: 'n', name: 't' },
      spec: { clusterRef: { name: 'c' } },
    };
    await this.api.create(Topics, topic);
    await this.api.create(RocketMQClusters, {
      apiVersion: 'rocketmq.gantry.dev/v1beta1',
      kind: 'RocketMQCluster',
      metadata: { namespace: 'n', name: 'c' },
    });
    const controller = createLagController({
      ...deps,
      api: this.api,
      clusters,
      namespaces,
      groups,
      topics,
      viewOf: () =>
        viewOf(this.cluster, { proxy: this.#proxy.address, allowedNamespaces: this.allowedNamespaces }),
      serversOf: () => this.#client,
      metrics: lagMetrics(this.registry),
      inFlight: new InFlightBoard(systemClock),
      periodMs: 20,
      statusPeriodMs,
      holdMs,
    });
    const informers = [clusters, groups, topics, namespaces];
    const watches = informers.map(async (informer) => informer.run(this.#stop.signal));
    await Promise.all(informers.map(async ({ synced }) => synced));
    this.#running = [...watches, controller.start(this.#stop.signal)];
  }
}

let world: World | undefined;
afterEach(async () => world?.stop());

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > endsAt) throw new Error(`not in time: ${what}`);
    await sleep(20);
  }
}

describe('the controller of lag', () => {
  it('tells metrics and status how a group is doing, and writes only what moved', async () => {
    world = await World.start();
    const { api } = world;
    const told = { lag: 5, oldestSeconds: 0, members: 0, deadLetters: 0 };
    await until('the status tells it', async () => (await world?.consumption()) !== undefined);
    expect(await world.consumption()).toEqual(told);
    expect(await world.lines()).toEqual([
      'gantry_consumer_group_lag_messages{cluster="n/c",group="g",topic="t"} 5',
    ]);
    const before = world.cluster.calls('brokers', 43);
    await waitUntil(
      'it was looked at again',
      () => (world?.cluster.calls('brokers', 43) ?? 0) > before + 3,
      PATIENCE_MS,
    );
    expect(api.calls.filter(({ verb }) => verb === 'patch')).toHaveLength(2);
    world.waiting(2);
    await until('the status moves', async () =>
      JSON.stringify(await world?.consumption()).includes('"lag":2'),
    );
  });

  it('tells a topic which groups read it, and takes it away when that is unknown', async () => {
    world = await World.start();
    await until('the status tells it', async () => (await world?.readers()) !== undefined);
    expect(await world.readers()).toEqual(['g']);
    world.cluster.master('a').groups.delete('g');
    await until('nobody reads it', async () => JSON.stringify(await world?.readers()) === '[]');
    await world.cluster.kill(world.cluster.master('a'));
    await until('the status says nothing', async () => (await world?.readers()) === undefined);
    expect(await world.readers()).toBeUndefined();
  });

  it('writes a status once a minute at most', async () => {
    world = await World.start(60_000);
    await until('the status tells it', async () => (await world?.consumption()) !== undefined);
    world.waiting(3);
    await until('the metrics move', async () =>
      ((await world?.lines()) ?? []).some((line) => line.endsWith(' 3')),
    );
    expect(await world.consumption()).toMatchObject({ lag: 5 });
  });

  it('takes away what is unknown by now', async () => {
    world = await World.start();
    await until('the status tells it', async () => (await world?.consumption()) !== undefined);
    await world.cluster.kill(world.cluster.master('a'));
    await until('there is no series', async () => (await world?.lines())?.length === 0);
    await until('the status says nothing', async () => JSON.stringify(await world?.consumption()) === '{}');
    expect(await world.lines()).toEqual([]);
  });

  it('keeps what was known for a while, as in a failover', async () => {
    world = await World.start(0, 60_000);
    await until('the status tells it', async () => (await world?.consumption()) !== undefined);
    const told = await world.consumption();
    await world.cluster.kill(world.cluster.master('a'));
    await until('there is no series', async () => (await world?.lines())?.length === 0);
    expect(await world.consumption()).toEqual(told);
  });

  it('tells nothing by an object that another one has the name before', async () => {
    world = await World.start();
    await world.declare('late', 'g', 'Conflict');
    await until('the status tells it', async () => (await world?.consumption()) !== undefined);
    expect(await world.consumption('late')).toBeUndefined();
  });

  it('tells of groups of other namespaces as long as the cluster allows them', async () => {
    world = await World.start();
    const { api } = world;
    const label = { team: 'orders' };
    const metadata = { name: 'other', labels: label };
    await api.create(Namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata });
    await world.declare('far', 'g2', 'Reconciled', 'other');
    const { offsets } = world.cluster.master('a').store;
    offsets.set('t@g2', new Map([['0', 8]]));
    await until(
      'the status of the cluster’s own tells it',
      async () => (await world?.consumption()) !== undefined,
    );
    expect(await world.consumption('far', 'other')).toBeUndefined();
    expect((await world.lines()).join('\n')).not.toContain('g2');
    await world.allow({ from: 'Selector', selector: { matchLabels: label } });
    await until('the far one is told', async () =>
      JSON.stringify((await world?.consumption('far', 'other')) ?? {}).includes('"lag":2'),
    );
    await api.mergePatch(
      Namespaces,
      { namespace: '', name: 'other' },
      { metadata: { labels: { team: null } } },
    );
    await until(
      'nothing is told of it',
      async () => JSON.stringify(await world?.consumption('far', 'other')) === '{}',
    );
    expect((await world.lines()).join('\n')).not.toContain('g2');
  });

  it('forgets a cluster that is gone', async () => {
    world = await World.start();
    await until('there is a series', async () => (await world?.lines())?.length === 1);
    await world.api.delete(RocketMQClusters, { namespace: 'n', name: 'c' });
    await until('there is none', async () => (await world?.lines())?.length === 0);
    expect(await world.lines()).toEqual([]);
  });
});
