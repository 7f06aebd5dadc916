import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Registry } from 'prom-client';
import { FakeCluster } from '../../../test/fakes/mod.ts';
import { RocketMQClusters, Users, type RocketMQCluster, type User } from '../api/mod.ts';
import {
  findCondition,
  fromSecretData,
  Informer,
  KubeError,
  Namespaces,
  Secrets,
  silentLogger,
  systemClock,
  toSecretData,
  type Secret,
} from '../kube/mod.ts';
import { FakeApi } from '../kube/testing/fake-api.ts';
import { createNamespaceInformer, objectMetrics, type ClusterView } from '../objects/mod.ts';
import { viewOf } from '../objects/testing/view.ts';
import { RocketmqClient } from '../rocketmq/mod.ts';
import { createUserController } from './controller.ts';
import { createUserInformers } from './informers.ts';
import { user } from './testing/user.ts';

// Real sockets on a machine that may be busy with other tests.
jest.setTimeout(60_000);

const PATIENCE_MS = 20_000;
const innerCredentials = { accessKey: 'gantry-inner-1', secretKey: 'inner' };
type Allowed = ClusterView['allowedNamespaces'];
const apiVersion = 'rocketmq.gantry.dev/v1beta1';

/** An API server in memory, a cluster that checks requests, and the operator's part between them. */
class World {
  /** A quota takes no more Secrets. */
  full = false;
  readonly api = new FakeApi({
    before: async ({ verb, resource }) => {
      if (this.full && verb === 'create' && resource === 'secrets')
        throw new KubeError('Forbidden', 'exceeded quota: secrets');
    },
  });
  /** `reason: note` */
  readonly told: string[] = [];
  readonly cluster: FakeCluster;
  readonly key: { readonly namespace: string; readonly name: string };
  allowed: Allowed;
  /** How far the time of day is ahead of the real one. */
  aheadMs = 0;
  readonly #client = new RocketmqClient({ connectTimeoutMs: 500 });
  #stop = new AbortController();
  #running: readonly Promise<unknown>[] = [];

  static async start(spec: Partial<User['spec']> = {}, before?: Secret, full = false): Promise<World> {
    return World.#begin('n', { from: 'Same' }, spec, before, full);
  }

  /** A User of the namespace `other`. */
  static async startElsewhere(allowed: Allowed, spec: Partial<User['spec']> = {}): Promise<World> {
    return World.#begin('other', allowed, { clusterRef: { name: 'c', namespace: 'n' }, ...spec });
  }

  static async #begin(
    namespace: string,
    allowed: Allowed,
    spec: Partial<User['spec']>,
    before?: Secret,
    full = false,
  ): Promise<World> {
    const access = { innerCredentials, enforced: true };
    const cluster = await FakeCluster.start({ cluster: 'c', groups: ['broker-a'], access });
    const world = new World(cluster, { namespace, name: 'order' }, allowed);
    const metadata = { namespace: 'n', name: 'c' };
    await world.api.create(RocketMQClusters, { apiVersion, kind: 'RocketMQCluster', metadata });
    if (before !== undefined) await world.api.create(Secrets, before);
    const object = user('order', spec);
    await world.api.create(Users, { ...object, metadata: world.key });
    await world.api.mergePatch(Users, world.key, { metadata: { generation: 1 } });
    world.full = full;
    await world.run();
    return world;
  }

  private constructor(cluster: FakeCluster, key: World['key'], allowed: Allowed) {
    this.cluster = cluster;
    this.key = key;
    this.allowed = allowed;
  }

  async run(): Promise<void> {
    const clock = { ...systemClock, now: () => Date.now() + this.aheadMs };
    const deps = { client: this.api, clock, random: Math.random, log: silentLogger };
    const labelSelector = 'app.kubernetes.io/managed-by=gantry';
    const informers = {
      clusters: new Informer<RocketMQCluster>({ ...deps, type: RocketMQClusters }),
      namespaces: createNamespaceInformer(deps),
      secrets: new Informer<Secret>({ ...deps, type: Secrets, labelSelector }),
      ...createUserInformers(deps),
    };
    const { signal } = this.#stop;
    const watches = Object.values(informers).map((informer) => informer.run(signal));
    await Promise.all(Object.values(informers).map(({ synced }) => synced));
    const controller = createUserController({
      ...deps,
      ...informers,
      api: this.api,
      viewOf: () => viewOf(this.cluster, { allowedNamespaces: this.allowed }),
      serversOf: () => this.#client.as(innerCredentials),
      events: { record: (_about, { reason, note }) => void this.told.push(`${reason}: ${note}`) },
      metrics: objectMetrics(new Registry()),
      resyncMs: 3_600_000,
      timings: { batchQuietMs: 5, batchMaxMs: 20, retryMaxMs: 50, clusterPollMs: 50, holdReadyMs: 0 },
      randomBytes,
      pollMs: 50,
    });
    this.#running = [...watches, controller.start(signal)];
  }

  /** The process ends, and another one begins with what the API server and the brokers have. */
  async restart(): Promise<void> {
    await this.end();
    this.#stop = new AbortController();
    await this.run();
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  async stop(): Promise<void> {
    await this.end();
    await Promise.all([this.#client.close(), this.cluster.stop()]);
  }

  async user(): Promise<User | undefined> {
    return this.api.get(Users, this.key);
  }

  /** The cluster says from which namespaces it takes users. */
  async allow(allowed: Allowed): Promise<void> {
    this.allowed = allowed;
    const clusterKey = { namespace: 'n', name: 'c' };
    const generation = ((await this.api.get(RocketMQClusters, clusterKey))?.metadata.generation ?? 0) + 1;
    await this.api.mergePatch(RocketMQClusters, clusterKey, { metadata: { generation } });
  }

  async edit(spec: object): Promise<void> {
    const generation = ((await this.user())?.metadata.generation ?? 0) + 1;
    await this.api.mergePatch(Users, this.key, { metadata: { generation }, spec });
  }

  /** What clients find; nothing: there is no Secret. */
  async found(name = 'order-rocketmq'): Promise<Readonly<Record<string, string>>> {
    const secret = await this.api.get(Secrets, { namespace: this.key.namespace, name });
    return Object.fromEntries(
      Object.entries(secret?.data ?? {}).map(([field, data]) => [field, fromSecretData(data)]),
    );
  }

  async becomes(isMeant: (told: User, found: Readonly<Record<string, string>>) => boolean): Promise<User> {
    const endsAt = performance.now() + PATIENCE_MS;
    for (;;) {
      const told = await this.user();
      if (told !== undefined && isMeant(told, await this.found())) return told;
      if (performance.now() > endsAt) throw new Error(`not in time: ${JSON.stringify(told?.status)}`);
      await sleep(10);
    }
  }

  async hasReason(reason: string): Promise<string> {
    const { status } = await this.becomes(
      ({ status: told }) => findCondition(told?.conditions, 'Ready')?.reason === reason,
    );
    return findCondition(status?.conditions, 'Ready')?.message ?? '';
  }

  async isReady(): Promise<User> {
    return this.becomes(
      ({ metadata, status }) =>
        findCondition(status?.conditions, 'Ready')?.status === 'True' &&
        status?.observedGeneration === metadata.generation,
    );
  }

  /** Whether a client with these credentials is let in by every member. */
  async letsIn({ accessKey = '', secretKey = '' }: Readonly<Record<string, string>>): Promise<boolean> {
    const client = this.#client.as({ accessKey, secretKey });
    const answers = await Promise.allSettled(
      this.cluster.brokers('broker-a').map(async ({ address }) => client.broker(address).runtimeInfo()),
    );
    return answers.every(({ status }) => status === 'fulfilled');
  }
}

let world: World;
afterEach(async () => world.stop());

function secretNamed(name: string, data: Readonly<Record<string, string>>, labels = {}): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'n', name, labels },
    data: Object.fromEntries(Object.entries(data).map(([field, text]) => [field, toSecretData(text)])),
  };
}

describe('credentials that the operator makes', () => {
  it('are in a Secret of the User, and work on every member', async () => {
    world = await World.start();
    const { metadata, status } = await world.isReady();
    const found = await world.found();
    expect(found).toEqual({ accessKey: 'order.a', secretKey: found['secretKey'], endpoints: 'proxy:8081' });
    expect(found['secretKey']).toMatch(/^[-_a-zA-Z0-9]{43}$/);
    expect(await world.letsIn(found)).toBe(true);
    expect(status).toMatchObject({ accessKeys: ['order.a'] });
    const made = await world.api.get(Secrets, { namespace: 'n', name: 'order-rocketmq' });
    expect(made?.metadata.ownerReferences).toMatchObject([
      { kind: 'User', uid: metadata.uid, controller: true },
    ]);
  });

  it('are told to nobody but the Secret', async () => {
    world = await World.start();
    await world.isReady();
    const { secretKey = '' } = await world.found();
    const elsewhere = world.api.calls.filter(({ resource }) => resource !== 'secrets');
    expect(JSON.stringify(elsewhere)).not.toContain(secretKey);
  });

  it('are made anew when the Secret is deleted', async () => {
    world = await World.start();
    await world.isReady();
    const before = await world.found();
    await world.api.delete(Secrets, { namespace: 'n', name: 'order-rocketmq' });
    await world.becomes((told) => told.status?.accessKeys?.join() === 'order.b');
    const after = await world.found();
    expect(after).toMatchObject({ accessKey: 'order.b' });
    expect(await world.letsIn(after)).toBe(true);
    expect(await world.letsIn(before)).toBe(false);
  });

  it('say why Kubernetes takes no Secret, for as long as it does not', async () => {
    world = await World.start({}, undefined, true);
    await world.becomes(
      ({ status }) => findCondition(status?.conditions, 'Ready')?.message.includes('exceeded quota') === true,
    );
    world.full = false;
    await world.isReady();
    expect(world.told).toContain('CredentialsMade: Secret order-rocketmq has those of order.a');
  });

  it('leave a Secret of somebody else alone, until it is gone', async () => {
    world = await World.start({}, secretNamed('order-rocketmq', { accessKey: 'mine' }));
    expect(await world.hasReason('SecretNotOwned')).toContain('belongs to somebody else');
    expect(await world.found()).toEqual({ accessKey: 'mine' });
    await world.api.delete(Secrets, { namespace: 'n', name: 'order-rocketmq' });
    await world.isReady();
    expect(await world.found()).toMatchObject({ accessKey: 'order.a' });
  });
});

describe('a rotation of credentials', () => {
  it('gives clients new ones that work, and ends the old ones when their time is over', async () => {
    world = await World.start();
    await world.isReady();
    const before = await world.found();
    await world.edit({ rotation: { id: 'r1', overlapSeconds: 60 } });
    await world.becomes((_, { accessKey }) => accessKey === 'order.b');
    const after = await world.found();
    expect(await world.letsIn(after)).toBe(true);
    expect(await world.letsIn(before)).toBe(true);
    expect(after).toMatchObject({
      previousAccessKey: before['accessKey'],
      previousSecretKey: before['secretKey'],
    });
    await world.becomes(({ status }) => status?.rotation?.retiresAt !== undefined);
    world.aheadMs = 61_000;
    await world.restart();
    const { status } = await world.becomes((told) => told.status?.accessKeys?.join() === 'order.b');
    expect(status?.rotation).toMatchObject({ id: 'r1' });
    expect(await world.found()).toEqual({
      ...after,
      previousAccessKey: undefined,
      previousSecretKey: undefined,
    });
    expect(await world.letsIn(before)).toBe(false);
    expect(await world.letsIn(after)).toBe(true);
    expect(world.told.filter((text) => text.startsWith('CredentialsR'))).toEqual([
      expect.stringMatching(/^CredentialsRotated: .* those of order\.b; order\.a works until \d{4}-/),
      'CredentialsRetired: order.a has ended',
    ]);
  });

  it('goes no further than the last member that answers', async () => {
    world = await World.start();
    await world.isReady();
    const replica = world.cluster.brokers('broker-a')[1];
    if (replica === undefined) throw new Error('no replica');
    replica.server.fault = 'Drop';
    await world.edit({ rotation: { id: 'r1', overlapSeconds: 0 } });
    await world.becomes((_, { nextAccessKey }) => nextAccessKey === 'order.b');
    await world.hasReason('BrokerUnreachable');
    expect(await world.found()).toMatchObject({ accessKey: 'order.a' });
    replica.server.fault = 'None';
    await world.becomes((told) => told.status?.accessKeys?.join() === 'order.b');
    expect(await world.letsIn(await world.found())).toBe(true);
  });
});

describe('a User of another namespace', () => {
  it('gets no credentials, and is not told where the cluster is, before the cluster allows it', async () => {
    world = await World.startElsewhere({ from: 'Same' });
    expect(await world.hasReason('NotAllowed')).toContain('takes no objects of namespace other');
    expect(world.api.stored(Secrets)).toEqual([]);
    await world.allow({ from: 'All' });
    await world.isReady();
    const found = await world.found();
    expect(found).toMatchObject({ accessKey: 'order.a', endpoints: 'proxy:8081' });
    expect(await world.letsIn(found)).toBe(true);
    expect(world.api.stored(Secrets).map(({ metadata }) => metadata.namespace)).toEqual(['other']);
  });

  it('keeps what it has when it is allowed no more, and goes on with a rotation when it is again', async () => {
    const label = { team: 'orders' };
    world = await World.startElsewhere({ from: 'Selector', selector: { matchLabels: label } });
    await world.hasReason('NamespaceUnknown');
    const metadata = { name: 'other', labels: label };
    await world.api.create(Namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata });
    await world.isReady();
    const before = await world.found();
    const key = { namespace: '', name: 'other' };
    await world.api.mergePatch(Namespaces, key, { metadata: { labels: { team: null } } });
    await world.hasReason('NotAllowed');
    await world.edit({ rotation: { id: 'r1', overlapSeconds: 0 } });
    await world.becomes(({ metadata: { generation }, status }) => status?.observedGeneration === generation);
    expect(await world.found()).toEqual(before);
    expect(await world.letsIn(before)).toBe(true);
    await world.api.mergePatch(Namespaces, key, { metadata: { labels: label } });
    await world.becomes((told) => told.status?.accessKeys?.join() === 'order.b');
    expect(await world.letsIn(await world.found())).toBe(true);
  });

  it('leaves its users on the brokers when it is deleted without being allowed', async () => {
    world = await World.startElsewhere({ from: 'All' });
    await world.isReady();
    const found = await world.found();
    await world.allow({ from: 'Same' });
    await world.hasReason('NotAllowed');
    await world.api.delete(Users, world.key);
    const endsAt = performance.now() + PATIENCE_MS;
    while ((await world.user()) !== undefined) {
      if (performance.now() > endsAt) throw new Error('the User does not go');
      await sleep(10);
    }
    expect(await world.letsIn(found)).toBe(true);
  });
});

describe('credentials that are given', () => {
  const spec = { credentials: 'Given', secretName: 'own' } as const;
  const label = { 'rocketmq.gantry.dev/credentials': 'user' };

  it('are waited for, taken, and followed', async () => {
    world = await World.start(spec);
    expect(await world.hasReason('SecretNotFound')).toContain('there is no Secret own');
    await world.api.create(Secrets, secretNamed('own', { accessKey: 'order' }, label));
    expect(await world.hasReason('SecretInvalid')).toContain('has no secretKey');
    await world.api.mergePatch(
      Secrets,
      { namespace: 'n', name: 'own' },
      { data: { secretKey: toSecretData('first') } },
    );
    await world.isReady();
    expect(await world.letsIn({ accessKey: 'order', secretKey: 'first' })).toBe(true);
    await world.api.mergePatch(
      Secrets,
      { namespace: 'n', name: 'own' },
      { data: { secretKey: toSecretData('second') } },
    );
    const endsAt = performance.now() + PATIENCE_MS;
    while (!(await world.letsIn({ accessKey: 'order', secretKey: 'second' }))) {
      if (performance.now() > endsAt) throw new Error('the second one does not work');
      await sleep(10);
    }
    expect(await world.found('own')).toEqual({ accessKey: 'order', secretKey: 'second' });
  });
});
