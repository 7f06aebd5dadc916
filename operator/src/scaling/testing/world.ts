import { Registry } from 'prom-client';
import { FakeCluster, FakeProxy } from '../../../../test/fakes/mod.ts';
import {
  ConsumerGroups,
  RocketMQClusters,
  type ConsumerGroup,
  type GroupScalingStatus,
  type RocketMQCluster,
} from '../../api/mod.ts';
import {
  Deployments,
  findCondition,
  Informer,
  Pods,
  silentLogger,
  type EventInput,
  type KubeError,
  type KubeObject,
} from '../../kube/mod.ts';
import { FakeApi } from '../../kube/testing/fake-api.ts';
import { waitUntil } from '../../kube/testing/wait-until.ts';
import { createNamespaceInformer } from '../../objects/mod.ts';
import { viewOf } from '../../objects/testing/view.ts';
import { RocketmqClient } from '../../rocketmq/mod.ts';
import { createScalingController, type ScalingDeps } from '../controller.ts';
import { scalingMetrics } from '../metrics.ts';
import { fastClock } from './fast-clock.ts';
import { deployment, pod } from './workload.ts';

const PATIENCE_MS = 30_000;
/** A poll of two seconds is a quarter of one. */
const FASTER = 8;
const key = { namespace: 'n', name: 'order' };
const TOPIC = 't';

type Brain = Pick<ScalingDeps<RocketMQCluster>, 'decide' | 'statusPeriodMs'>;

/** A cluster with a topic of eight queues a master, a Deployment `order`, and the controller of scaling at work on them. */
export class ScalingWorld {
  readonly clock = fastClock(FASTER);
  readonly registry = new Registry();
  readonly events: EventInput[] = [];
  /** The next writes of `scale` fail with these. */
  readonly failures: KubeError[] = [];
  readonly cluster: FakeCluster;
  readonly proxy = new FakeProxy();
  readonly api: FakeApi;
  readonly #brain: Brain;
  readonly #client = new RocketmqClient({ connectTimeoutMs: 500 });
  #messages = { sent: 0, read: 0 };
  #flowing: NodeJS.Timeout | undefined;
  #stop = new AbortController();
  #running: readonly Promise<unknown>[] = [];

  static async start(brain: Brain): Promise<ScalingWorld> {
    const world = new ScalingWorld(
      brain,
      await FakeCluster.start({ cluster: 'c', groups: ['a', 'b'], replicas: 1 }),
    );
    await world.proxy.server.listen();
    for (const { topics } of world.cluster.masters()) topics.add({ topicName: TOPIC });
    world.messages(10, 10);
    await world.api.create(Deployments, deployment(1));
    await world.pods(1);
    await world.api.create(RocketMQClusters, {
      apiVersion: 'rocketmq.gantry.dev/v1beta1',
      kind: 'RocketMQCluster',
      metadata: { namespace: 'n', name: 'c' },
    });
    return world;
  }

  private constructor(brain: Brain, cluster: FakeCluster) {
    this.#brain = brain;
    this.cluster = cluster;
    this.api = new FakeApi({
      before: async ({ verb, resource, body }) => {
        const isScale =
          verb === 'patch' && resource === 'deployments' && JSON.stringify(body).includes('"replicas"');
        const failure = isScale ? this.failures.shift() : undefined;
        if (failure !== undefined) throw failure;
        return Promise.resolve();
      },
    });
  }

  /** In each queue: how many were sent, and how many read. */
  messages(sent: number, read: number): void {
    this.#messages = { sent, read };
    for (const { store } of this.cluster.masters()) {
      for (let queueId = 0; queueId < 8; queueId += 1) store.fill(TOPIC, sent, queueId);
      store.offsets.set(
        `${TOPIC}@g`,
        new Map(Array.from({ length: 8 }, (_, queueId) => [String(queueId), read])),
      );
    }
  }

  /** Messages a second that come and that are read, spread over all queues, from now on. */
  flow(sentRate: number, readRate: number): void {
    clearInterval(this.#flowing);
    const began = { atMs: this.clock.monotonicMs(), ...this.#messages };
    this.#flowing = setInterval(() => {
      const seconds = (this.clock.monotonicMs() - began.atMs) / 1_000 / (8 * this.cluster.groupNames.length);
      const sent = began.sent + Math.floor(sentRate * seconds);
      this.messages(sent, Math.min(sent, began.read + Math.floor(readRate * seconds)));
    }, 10);
  }

  /** The pods of the Deployment, each with a client. */
  async pods(count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      if ((await this.api.get(Pods, { namespace: 'n', name: `order-${index}` })) === undefined)
        await this.api.create(Pods, pod(`order-${index}`, true));
    }
    this.proxy.clients.set('g', ...Array.from({ length: count }, (_, index) => `order-${index}@1`));
  }

  async declare(scaling: object = {}, name = 'g', groupName = 'g'): Promise<void> {
    const object = {
      apiVersion: 'rocketmq.gantry.dev/v1beta1',
      kind: 'ConsumerGroup',
      metadata: { namespace: 'n', name },
      spec: {
        clusterRef: { name: 'c' },
        groupName,
        scaling: { scaleTargetRef: { name: 'order' }, maxReplicas: 16, ...scaling },
      },
    };
    await this.api.create(ConsumerGroups, object);
  }

  async run(): Promise<void> {
    const deps = { client: this.api, clock: this.clock, random: Math.random, log: silentLogger };
    const clusters = new Informer<RocketMQCluster>({ ...deps, type: RocketMQClusters });
    const groups = new Informer<ConsumerGroup>({ ...deps, type: ConsumerGroups });
    const { signal } = this.#stop;
    const namespaces = createNamespaceInformer(deps);
    const informers = [clusters, groups, namespaces];
    const watches = informers.map(async (informer) => informer.run(signal));
    await Promise.all(informers.map(async ({ synced }) => synced));
    this.registry.clear();
    const controller = createScalingController({
      ...deps,
      ...this.#brain,
      api: this.api,
      clusters,
      groups,
      namespaces,
      viewOf: () => viewOf(this.cluster, { proxy: this.proxy.address }),
      serversOf: () => this.#client,
      metrics: scalingMetrics(this.registry),
      events: { record: (_object: KubeObject, event: EventInput) => this.events.push(event) },
      callTimeoutMs: 1_000,
    });
    this.#running = [...watches, controller.start(signal)];
  }

  async end(): Promise<void> {
    this.#stop.abort(new Error('the test has ended'));
    await Promise.all(this.#running);
    this.#stop = new AbortController();
    this.#running = [];
  }

  async stop(): Promise<void> {
    clearInterval(this.#flowing);
    await this.end();
    await Promise.all([this.#client.close(), this.cluster.stop(), this.proxy.server.close()]);
  }

  replicas(): number | undefined {
    return this.api.stored(Deployments).find(({ metadata }) => metadata.name === key.name)?.spec?.replicas;
  }

  /** Somebody sets the replicas by hand. */
  async scaleByHand(replicas: number): Promise<void> {
    await this.api.mergePatch(Deployments, key, { spec: { replicas } });
  }

  status(name = 'g'): GroupScalingStatus | undefined {
    return this.api.stored(ConsumerGroups).find(({ metadata }) => metadata.name === name)?.status?.scaling;
  }

  active(name = 'g'): string | undefined {
    const condition = findCondition(this.status(name)?.conditions, 'ScalingActive');
    return condition === undefined ? undefined : `${condition.status} ${condition.reason}`;
  }

  reasons(): readonly string[] {
    return this.events.map(({ reason }) => reason);
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    await waitUntil(what, holds, PATIENCE_MS);
  }

  /** Every group was looked at again, so often. */
  async polls(count: number): Promise<void> {
    const looks = (): number =>
      this.api.calls.filter(({ verb, key: at }) => verb === 'get' && at === 'n/order').length;
    const before = looks();
    // A poll gets the scale and the Deployment.
    await this.until(`${count} polls`, () => looks() >= before + 2 * (count + 1));
  }
}
