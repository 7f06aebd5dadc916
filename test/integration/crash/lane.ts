/** A namespace with an operator of its own behind a proxy, and a kubelet that runs fake processes. */
import { KubeConfig } from '@kubernetes/client-node';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeClient, Namespaces, Pods, type KubeApi } from '../../../operator/src/kube/mod.ts';
import { requestCodes } from '../../../operator/src/rocketmq/codes.ts';
import { FakeKubelet, PodAddresses, startProcess, Volumes } from '../../fake-node/mod.ts';
import { LiveCluster, type Fate } from '../../fakes/mod.ts';
import { ApiProxy } from './api-proxy.ts';
import { OperatorProcess, type OperatorProgram } from './operator-process.ts';
import { declared, NAME } from './shape.ts';
import { Tripwire } from './tripwire.ts';

const STEP_MS = 100;
const PODS_GONE_MS = 30_000;
/** Shorter than the 10 s that real brokers have at best, for the time of the tests. */
const REGISTER_PERIOD_MS = 5_000;

/** What the operator changes in RocketMQ; its questions change nothing. */
const WRITES: ReadonlyMap<number, string> = new Map(
  (
    [
      'updateAndCreateTopic',
      'updateAndCreateTopicList',
      'updateBrokerConfig',
      'updateConsumerOffset',
      'unregisterBroker',
      'updateAndCreateSubscriptionGroup',
      'updateAndCreateSubscriptionGroupList',
      'deleteSubscriptionGroup',
      'deleteTopicInBroker',
      'deleteTopicInNameServer',
      'controllerElectMaster',
      'controllerCleanBrokerData',
    ] as const
  ).map((name) => [requestCodes[name], name]),
);

export interface LaneOptions {
  readonly name: string;
  readonly node: string;
  readonly program: OperatorProgram;
}

export class Lane {
  readonly namespace: string;
  readonly kube: KubeApi;
  readonly tripwire = new Tripwire();
  readonly kubelet: FakeKubelet;
  live: LiveCluster;
  /** Of the setting that an edit changes. */
  value = 1;
  readonly #options: LaneOptions;
  readonly #client: KubeClient;
  readonly #addresses: PodAddresses;
  readonly #volumes = new Volumes();
  readonly #clock: NodeJS.Timeout;
  #proxy: ApiProxy | undefined;
  #operator: OperatorProcess | undefined;

  static async start(options: LaneOptions): Promise<Lane> {
    const lane = new Lane(options);
    await lane.kube.create(Namespaces, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: lane.namespace },
    });
    void lane.kubelet.run();
    lane.#proxy = await ApiProxy.start(() => lane.namespace, lane.tripwire);
    await lane.startOperator();
    return lane;
  }

  private constructor(options: LaneOptions) {
    this.#options = options;
    this.namespace = options.name;
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromDefault();
    this.#client = new KubeClient({ kubeConfig, fieldManager: 'fake-kubelet' });
    this.kube = this.#client;
    this.#addresses = new PodAddresses(join(options.program.folder, `${options.name}.pods`));
    this.live = this.#newCluster();
    this.kubelet = new FakeKubelet({
      client: this.kube,
      namespace: this.namespace,
      node: options.node,
      addresses: this.#addresses,
      hasImage: () => true,
      start: (pod, address) => startProcess(this.kube, this.live, this.#volumes, pod, address),
    });
    this.#clock = setInterval(() => this.live.step(), STEP_MS);
  }

  get operatorLog(): readonly string[] {
    return this.#operator?.log ?? [];
  }

  /** @throws Error when the operator ended by itself */
  checkOperator(): void {
    if (this.#operator?.died === true)
      throw new Error(`the operator ended by itself:\n${this.operatorLog.slice(-20).join('\n')}`);
  }

  /** Nothing of it is done any more when this comes back. */
  async killOperator(): Promise<void> {
    this.tripwire.cut();
    this.#proxy?.disconnect();
    await this.#operator?.kill();
  }

  async startOperator(): Promise<void> {
    this.tripwire.mend();
    this.#operator = await OperatorProcess.start({
      program: this.#options.program,
      url: this.#proxy?.url ?? '',
      podAddresses: this.#addresses.file,
      lane: this.namespace,
    });
  }

  async create(): Promise<void> {
    for (const { type, object } of declared(this.namespace, this.#options.node, this.value)) {
      await this.kube.create(type, object);
    }
  }

  /** What stands on the cluster first, and without waiting for any of it. */
  async delete(): Promise<void> {
    for (const { type, object } of declared(this.namespace, this.#options.node, this.value).toReversed()) {
      await this.kube.delete(type, { namespace: this.namespace, name: object.metadata.name });
    }
  }

  /** The next cluster finds nothing of the last one. */
  forget(): void {
    this.live = this.#newCluster();
  }

  async stop(): Promise<void> {
    clearInterval(this.#clock);
    await this.killOperator();
    await this.kube.delete(Namespaces, { namespace: '', name: this.namespace });
    await this.#podsGone();
    await this.#proxy?.close();
    await this.kubelet.stop();
    await this.#client.close();
  }

  /** Without their kubelet they would stay until somebody misses the node. */
  async #podsGone(): Promise<void> {
    const endsAt = performance.now() + PODS_GONE_MS;
    while (performance.now() < endsAt) {
      const { items } = await this.kube.list(Pods, { namespace: this.namespace });
      if (items.length === 0) return;
      await sleep(100);
    }
  }

  #newCluster(): LiveCluster {
    return new LiveCluster({
      name: NAME,
      controllers: 1,
      registerPeriodMs: REGISTER_PERIOD_MS,
      now: () => performance.now(),
      fateOf: ({ code }) => this.#fateOf(code),
    });
  }

  #fateOf(code: number): Fate {
    const write = WRITES.get(code);
    if (write === undefined) return this.tripwire.isCut ? 'Drop' : 'Serve';
    const fate = this.tripwire.pass(`RocketMQ ${write}`);
    // A fake serves at once.
    if (fate === 'Mute') queueMicrotask(() => this.tripwire.served());
    return fate;
  }
}
