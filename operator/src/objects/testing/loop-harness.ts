import { Registry } from 'prom-client';
import { FakeCluster, type FakeClusterShape } from '../../../../test/fakes/mod.ts';
import {
  findCondition,
  LeadershipLostError,
  silentLogger,
  systemClock,
  type Condition,
  type KubeObject,
} from '../../kube/mod.ts';
import { waitUntil } from '../../kube/testing/wait-until.ts';
import { RocketmqClient, type Credentials } from '../../rocketmq/mod.ts';
import type { NamespaceFacts } from '../consent.ts';
import { ObjectEngine } from '../engine.ts';
import type { ClusterView, DeclaredObject, ObjectKind } from '../kind.ts';
import { objectMetrics } from '../metrics.ts';
import type { EngineTimings } from '../timings.ts';
import { ObjectServer } from './object-server.ts';
import { viewOf } from './view.ts';

export interface RecordedEvent {
  readonly key: string;
  readonly reason: string;
  readonly note: string;
}

/** Short enough for a test, long enough for a loaded machine. */
const QUICK: EngineTimings = {
  batchQuietMs: 5,
  batchMaxMs: 20,
  callTimeoutMs: 250,
  passDeadlineMs: 20_000,
  statusTimeoutMs: 2_000,
  clusterPollMs: 50,
  retryMaxMs: 50,
  holdReadyMs: 0,
};

/** The loop of one kind over fake brokers and an API server in memory. */
export class LoopHarness<O extends DeclaredObject, Desired, Actual, Write> {
  readonly server = new ObjectServer<O>();
  readonly events: RecordedEvent[] = [];
  readonly #kind: ObjectKind<O, Desired, Actual, Write>;
  readonly #timings: Partial<EngineTimings> & { readonly resyncMs?: number };
  readonly #clusters = new Map<string, FakeCluster>();
  /** Of clusters that check requests, by key. */
  readonly #credentials = new Map<string, Credentials>();
  /** What each cluster was last told to be. */
  readonly #changes = new Map<string, Partial<ClusterView>>();
  readonly #rocketmq = new RocketmqClient({ connectTimeoutMs: 500 });
  /** Of namespaces, as far as they are known. */
  readonly #namespaces = new Map<string, NamespaceFacts>();
  /** How far the time of day is ahead of the real one. */
  #aheadMs = 0;
  #engine: ObjectEngine<O, Desired, Actual, Write>;
  #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(
    kind: ObjectKind<O, Desired, Actual, Write>,
    timings: Partial<EngineTimings> & { readonly resyncMs?: number } = {},
  ) {
    this.#kind = kind;
    this.#timings = timings;
    this.#engine = this.#newEngine();
  }

  #newEngine(): ObjectEngine<O, Desired, Actual, Write> {
    const timings = this.#timings;
    const record = (
      regarding: KubeObject,
      event: { readonly reason: string; readonly note: string },
    ): void => {
      const key = `${regarding.metadata.namespace}/${regarding.metadata.name}`;
      this.events.push({ key, reason: event.reason, note: event.note });
    };
    const engine = new ObjectEngine(this.#kind, {
      api: this.server.api,
      serversOf: ({ key }) => this.#rocketmq.as(this.#credentials.get(key)),
      namespaces: (name) => this.#namespaces.get(name),
      events: { record },
      clock: { ...systemClock, now: () => Date.now() + this.#aheadMs },
      random: Math.random,
      log: silentLogger,
      metrics: objectMetrics(new Registry()),
      resyncMs: timings.resyncMs ?? 3_600_000,
      timings: { ...QUICK, ...timings },
    });
    engine.observe(this.server.informer);
    return engine;
  }

  /** What an object is declared by beside of its spec has changed. */
  touch(key: string): void {
    this.#engine.touch(key);
  }

  /** The cluster's object is gone. */
  forgetCluster(name: string): void {
    this.#changes.delete(name);
    this.#engine.clusterChanged(`n/${name}`, undefined);
  }

  async addCluster(name: string, shape: FakeClusterShape = {}): Promise<FakeCluster> {
    const cluster = await FakeCluster.start({ ...shape, cluster: name });
    this.#clusters.set(name, cluster);
    if (shape.access !== undefined) this.#credentials.set(`n/${name}`, shape.access.innerCredentials);
    this.tellCluster(name);
    return cluster;
  }

  /** What the cluster's own controller would make known. */
  tellCluster(name: string, change: Partial<ClusterView> = {}): void {
    const cluster = this.#clusters.get(name);
    if (cluster === undefined) throw new RangeError(`no cluster ${name}`);
    this.#changes.set(name, change);
    this.#engine.clusterChanged(`n/${name}`, viewOf(cluster, change));
  }

  /** What the API server has of a namespace; nothing: it is not known, or not any more. */
  tellNamespace(name: string, labels: NamespaceFacts['labels'] | undefined, ending = false): void {
    if (labels === undefined) this.#namespaces.delete(name);
    else this.#namespaces.set(name, { labels, ending });
    this.#engine.namespaceChanged(name);
  }

  /** For what waits for a time of day; pauses and deadlines stay as they are. */
  passTime(ms: number): void {
    this.#aheadMs += ms;
  }

  start(): void {
    this.#running = this.#engine.run(this.#stop.signal);
  }

  /** The process is killed, and another one begins with what the API server and the brokers have. */
  async restart(): Promise<void> {
    this.#stop.abort(new LeadershipLostError('the process is killed'));
    await this.#running;
    this.server.forgetWatchers();
    this.#stop = new AbortController();
    this.#engine = this.#newEngine();
    for (const [name, change] of this.#changes) this.tellCluster(name, change);
    this.start();
  }

  /** As a process that is asked to end: passes under way are finished. */
  async stopLoop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async stop(): Promise<void> {
    // As when leadership is lost: nothing gets a grace period.
    this.#stop.abort(new LeadershipLostError('the test is over'));
    await this.#running;
    await this.#rocketmq.close();
    await Promise.all([...this.#clusters.values()].map(async (cluster) => cluster.stop()));
  }

  ready(key: string): Condition | undefined {
    return findCondition(this.server.get(key).status?.conditions, 'Ready');
  }

  /** Waits until the object is Ready for its newest generation. */
  async becomesReady(key: string): Promise<void> {
    await waitUntil(
      `${key} is Ready, and not ${JSON.stringify(this.ready(key))}`,
      () => this.isReady(key),
      20_000,
    );
  }

  async hasReason(key: string, reason: string): Promise<Condition> {
    await waitUntil(`${key} has ${reason}`, () => this.ready(key)?.reason === reason, 20_000);
    const condition = this.ready(key);
    if (condition === undefined) throw new Error(`${key} lost its condition`);
    return condition;
  }

  allReady(): boolean {
    return this.server.list().every(({ metadata }) => this.isReady(`n/${metadata.name}`));
  }

  isReady(key: string): boolean {
    const object = this.server.get(key);
    return (
      this.ready(key)?.status === 'True' && object.status?.observedGeneration === object.metadata.generation
    );
  }
}
