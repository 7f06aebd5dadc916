import {
  ConsumerGroups,
  RocketMQClusters,
  Topics,
  Users,
  type ConsumerGroup,
  type Topic,
  type User,
} from '../../../operator/src/api/mod.ts';
import {
  keyOf,
  Secrets,
  toKubeTime,
  type KubeObject,
  type ObjectMeta,
  type ResourceType,
} from '../../../operator/src/kube/mod.ts';
import { FakeApi } from '../../../operator/src/kube/testing/fake-api.ts';
import { ManualClock } from '../../../operator/src/kube/testing/manual-clock.ts';
import { seededRandom } from '../../e2e/harness/random.ts';
import { MemoryNetwork } from './memory-network.ts';
import { startOperator, type RunningOperator } from './operator.ts';
import { WorldCluster, type ClusterShape } from './world-cluster.ts';

export type Declared = Topic | ConsumerGroup | User;

export type Kind = 'Topic' | 'ConsumerGroup' | 'User';

export const types: Readonly<Record<Kind, ResourceType<Declared>>> = {
  Topic: Topics,
  ConsumerGroup: ConsumerGroups,
  User: Users,
};

/** As the chart sets it. */
export const resyncMs = 120_000;

/** Long enough for a process that is asked to end. */
const endsWithinMs = 30_000;
const stepMs = 50;

/** Kubernetes, RocketMQ and the operator between them in one process, on a clock that a test moves. */
export class World {
  readonly clock = new ManualClock();
  readonly api = new FakeApi();
  readonly network: MemoryNetwork;
  /** What the operator logged as an error: nothing that people, brokers or Kubernetes do is one. */
  readonly errors: string[] = [];
  /** `about reason: note` */
  readonly events: string[] = [];
  readonly #random: () => number;
  readonly #clusters: WorldCluster[] = [];
  #bytes = 0;
  #operator: RunningOperator | undefined;

  /** @param seed of all that is random but for the steps of the test itself */
  static async start(shapes: readonly ClusterShape[], seed: number): Promise<World> {
    const world = new World(seed);
    for (const shape of shapes) {
      const cluster = await WorldCluster.start(shape, world.network, world.clock);
      await world.api.create(Secrets, cluster.credentials());
      await world.api.create(RocketMQClusters, cluster.object());
      world.#clusters.push(cluster);
    }
    return world;
  }

  private constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.network = new MemoryNetwork(this.clock, () => 1 + Math.floor(this.#random() * 3));
  }

  get clusters(): readonly WorldCluster[] {
    return this.#clusters;
  }

  cluster(key: string): WorldCluster {
    const found = this.#clusters.find((cluster) => cluster.key === key);
    if (found === undefined) throw new RangeError(`no cluster ${key}`);
    return found;
  }

  startOperator(): void {
    this.#operator ??= startOperator({
      api: this.api,
      transport: this.network,
      viewOf: (cluster) => this.cluster(keyOf(cluster)).view(cluster),
      clock: this.clock,
      random: this.#random,
      randomBytes: (size) => this.#newBytes(size),
      resyncMs,
      onError: (message, context) => this.errors.push(`${message} ${inWords(context)}`),
      onEvent: (about, reason, note) => this.events.push(`${about} ${reason}: ${note}`),
    });
  }

  /** @param how as by SIGTERM, or by SIGKILL */
  async endOperator(how: 'stop' | 'kill'): Promise<void> {
    const operator = this.#operator;
    this.#operator = undefined;
    if (operator === undefined) return;
    const ending = { done: false };
    const ended = operator[how]().finally(() => {
      ending.done = true;
    });
    for (let ms = 0; ms < endsWithinMs && !ending.done; ms += stepMs) await this.clock.advance(stepMs);
    if (!ending.done) throw new Error(`the operator did not end within ${endsWithinMs} ms`);
    await ended;
  }

  /** As the API server does: the first generation, and the time of it. */
  async create(kind: Kind, object: KubeObject): Promise<void> {
    const creationTimestamp = toKubeTime(this.clock.now());
    const metadata: ObjectMeta = { ...object.metadata, generation: 1, creationTimestamp };
    await this.api.create(types[kind], { ...object, metadata });
  }

  /** @param object with its new spec */
  async edit(kind: Kind, object: KubeObject): Promise<void> {
    const { generation = 0 } = object.metadata;
    const metadata = { ...object.metadata, generation: generation + 1 };
    await this.api.replace(types[kind], { ...object, metadata });
  }

  async delete(kind: Kind, { metadata }: KubeObject): Promise<void> {
    const { namespace = '', name } = metadata;
    const key = { namespace, name };
    await this.api.delete(types[kind], key);
    const left = await this.api.get<KubeObject>(types[kind], key);
    if (left === undefined) return;
    // What stays for its finalizers got a deletionTimestamp, which counts as an edit.
    const generation = (left.metadata.generation ?? 0) + 1;
    await this.api.mergePatch(types[kind], key, { metadata: { generation } });
  }

  /** Kubernetes' own garbage collector. */
  async collectGarbage(): Promise<void> {
    const living = new Set(this.stored('User').map(({ metadata }) => metadata.uid));
    for (const { metadata } of this.api.stored(Secrets)) {
      const owner = metadata.ownerReferences?.[0];
      if (owner === undefined || living.has(owner.uid)) continue;
      await this.api.delete(Secrets, { namespace: metadata.namespace ?? '', name: metadata.name });
    }
  }

  stored(kind: Kind): readonly Declared[] {
    return this.api.stored(types[kind]);
  }

  #newBytes(size: number): Buffer {
    this.#bytes += 1;
    return Buffer.alloc(size, String(this.#bytes));
  }
}

function inWords(context: object): string {
  const { err }: { readonly err?: unknown } = context;
  return err instanceof Error ? (err.stack ?? err.message) : JSON.stringify(context);
}
