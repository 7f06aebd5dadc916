/** Clusters of fake servers that are made at once in a namespace of their own; the first of them may be broken. */
import { setTimeout as sleep } from 'node:timers/promises';
import { RocketMQClusters, type RocketMQCluster } from '../../operator/src/api/mod.ts';
import {
  Informer,
  isTrue,
  Namespaces,
  silentLogger,
  systemClock,
  type KubeApi,
  type Pod,
} from '../../operator/src/kube/mod.ts';
import { deleteNamespace } from '../e2e/harness/kube.ts';
import { FakeKubelet, specOn, startProcess, Volumes, type PodAddresses } from '../fake-node/mod.ts';
import { LiveCluster, type FakeProcess } from '../fakes/mod.ts';
import type { Case } from './fleet-figures.ts';

const POLL_MS = 20;
const STEP_MS = 100;
/** The shortest that a broker can be set to. */
const REGISTER_PERIOD_MS = 10_000;
const NO_SUCH_IMAGE = 'apache/rocketmq:0.0.0-no-such-tag';

export interface FleetSetting {
  readonly client: KubeApi;
  readonly namespace: string;
  readonly node: string;
  readonly addresses: PodAddresses;
  readonly clusters: number;
  readonly case: Case;
}

export class Fleet {
  readonly #setting: FleetSetting;
  readonly #names: readonly string[];
  readonly #live: ReadonlyMap<string, LiveCluster>;
  readonly #volumes = new Volumes();
  readonly #kubelet: FakeKubelet;
  readonly #informer: Informer<RocketMQCluster>;
  readonly #createdAt = new Map<string, number>();
  readonly #readyAt = new Map<string, number>();
  readonly #stop = new AbortController();
  readonly #clock: NodeJS.Timeout;
  #watching: Promise<void> = Promise.resolve();

  static async start(setting: FleetSetting): Promise<Fleet> {
    const { client, namespace } = setting;
    await client.create(Namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    const fleet = new Fleet(setting);
    void fleet.#kubelet.run();
    fleet.#watching = fleet.#informer.run(fleet.#stop.signal);
    await fleet.#informer.synced;
    return fleet;
  }

  private constructor(setting: FleetSetting) {
    this.#setting = setting;
    const { client, namespace, node, addresses } = setting;
    this.#names = Array.from({ length: setting.clusters }, (_none, index) => `c${index}`);
    this.#live = new Map(this.#names.map((name) => [name, this.#newCluster(name)]));
    this.#kubelet = new FakeKubelet({
      client,
      namespace,
      node,
      addresses,
      hasImage: (image) => image !== NO_SUCH_IMAGE,
      start: (pod, address) => this.#startProcess(pod, address),
    });
    this.#informer = new Informer({
      client,
      type: RocketMQClusters,
      namespace,
      clock: systemClock,
      random: Math.random,
      log: silentLogger,
    });
    this.#informer.onChange(({ object }) => {
      const { name, generation } = object.metadata;
      const isReady =
        isTrue(object.status?.conditions, 'Ready') && object.status?.observedGeneration === generation;
      if (isReady && !this.#readyAt.has(name)) this.#readyAt.set(name, performance.now());
    });
    this.#clock = setInterval(() => {
      for (const live of this.#live.values()) live.step();
    }, STEP_MS);
  }

  /**
   * Makes all clusters at once and waits until the others than the first were Ready.
   * @returns how long each of them took from its creation on, in milliseconds
   * @throws Error when the time is over before, or when the broken one became Ready
   */
  async converge(timeoutMs: number): Promise<readonly number[]> {
    const [first = '', ...others] = this.#names;
    await Promise.all(this.#names.map(async (name) => this.#create(name)));
    const endsAt = performance.now() + timeoutMs;
    for (;;) {
      const missing = others.filter((name) => !this.#readyAt.has(name));
      if (missing.length === 0) break;
      if (performance.now() > endsAt) throw new Error(this.#complaint(missing));
      await sleep(POLL_MS);
    }
    if (this.#setting.case !== 'Whole' && this.#readyAt.has(first)) {
      throw new Error(`${this.#setting.case}: the cluster that should be broken is Ready`);
    }
    return others.map((name) => (this.#readyAt.get(name) ?? 0) - (this.#createdAt.get(name) ?? 0));
  }

  /** The next fleet finds nothing of this one, and nobody still busy with it. */
  async stop(): Promise<void> {
    const { client, namespace } = this.#setting;
    await deleteNamespace(client, namespace);
    clearInterval(this.#clock);
    this.#stop.abort(new Error('the fleet is over'));
    await this.#watching;
    await this.#kubelet.stop();
  }

  async #create(name: string): Promise<void> {
    const { client, namespace, node } = this.#setting;
    const spec = specOn(node, {});
    const isBroken = name === this.#names[0] && this.#setting.case === 'NoImage';
    const cluster = {
      apiVersion: `${RocketMQClusters.group}/${RocketMQClusters.version}`,
      kind: RocketMQClusters.kind,
      metadata: { namespace, name },
      spec: isBroken ? { ...spec, image: NO_SUCH_IMAGE } : spec,
    };
    this.#createdAt.set(name, performance.now());
    await client.create(RocketMQClusters, cluster);
  }

  #newCluster(name: string): LiveCluster {
    const hangs = name === this.#names[0] && this.#setting.case === 'Hanging';
    return new LiveCluster({
      name,
      controllers: 1,
      registerPeriodMs: REGISTER_PERIOD_MS,
      now: () => performance.now(),
      fateOf: () => (hangs ? 'Hang' : 'Serve'),
    });
  }

  #startProcess(pod: Pod, address: string): Promise<FakeProcess> {
    const live = this.#live.get(pod.metadata.labels?.['app.kubernetes.io/instance'] ?? '');
    if (live === undefined) throw new Error(`pod ${pod.metadata.name} is of no cluster of this fleet`);
    return startProcess(this.#setting.client, live, this.#volumes, pod, address);
  }

  #complaint(missing: readonly string[]): string {
    const [example = ''] = missing;
    const key = { namespace: this.#setting.namespace, name: example };
    const conditions = this.#informer.store.get(key)?.status?.conditions;
    return [
      `${missing.length} clusters are not Ready; ${example}: ${JSON.stringify(conditions)}`,
      'the kubelet’s last words:',
      ...this.#kubelet.history.slice(-20),
    ].join('\n');
  }
}
