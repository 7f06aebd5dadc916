/** A cluster of one group of 3 members, 2 in sync, with 3 controllers, under numbered messages: for tests that break it. */
import { Pods, type KubeApi } from '../../../operator/src/kube/mod.ts';
import { outageOf } from '../../traffic/record/outage.ts';
import { seed } from './depth.ts';
import { connect, createCluster, deleteNamespace, listAll, waitClusterReady } from './kube.ts';
import { cutPods, healNetwork } from './node-scripts.ts';
import { findContainer, runOnNode, type ContainerPlace } from './nodes.ts';
import { Prober } from './prober.ts';
import { waitAcknowledged, waitInSync, type Watched } from './recovery.ts';
import { report, seconds } from './report.ts';
import { GROUP, onItsOwn, smallShape, smallSpec } from './small.ts';
import { faultsOf, startStreams, type Streams } from './streams.ts';
import type { Shape } from './topology.ts';
import { waitFor, yes } from './wait.ts';

/** Beyond which a group that can go on has been away for too long: issue 4. */
export const BAR_MS = 20_000;

export interface CutPlace extends ContainerPlace {
  readonly ip: string;
}

export class Breakable {
  readonly kube: KubeApi;
  readonly prober: Prober;
  readonly shape: Shape;
  readonly #show: string;
  #streams: Streams | undefined;
  #runs = 0;
  /** Undoes what a test that broke off left. */
  undo: (() => Promise<unknown>) | undefined;

  private constructor(kube: KubeApi, prober: Prober, shape: Shape, show: string) {
    this.kube = kube;
    this.prober = prober;
    this.shape = shape;
    this.#show = show;
  }

  /** @param prepare before the cluster is made */
  static async create(
    name: string,
    show: string,
    prepare: (kube: KubeApi) => Promise<void> = () => Promise.resolve(),
  ): Promise<Breakable> {
    const kube = connect();
    const prober = await Prober.start(kube);
    await prepare(kube);
    const shape = { ...smallShape(`e2e-${name}`, name, 3), nameServers: 2, controllers: 3 } as const;
    const own = onItsOwn(smallSpec(shape.members));
    await createCluster(kube, shape, {
      ...own,
      nameServers: { ...own.nameServers, replicas: shape.nameServers },
      controllers: { ...own.controllers, replicas: shape.controllers },
      brokers: { ...own.brokers, minInSyncReplicas: 2 },
    });
    return new Breakable(kube, prober, shape, show);
  }

  get watched(): Watched {
    const { kube, prober, shape } = this;
    return { kube, prober, shape, group: GROUP };
  }

  /** Of the test that runs. */
  get streams(): Streams {
    if (this.#streams === undefined) throw new Error('no stream was started');
    return this.#streams;
  }

  /** Before each test. */
  async startStreams(): Promise<void> {
    this.#runs += 1;
    const name = `${this.shape.name}-${String(seed)}-${String(this.#runs)}`;
    this.#streams = await startStreams(this.kube, this.prober, name, this.shape);
  }

  /** After each test, however it ended. */
  async clear(): Promise<void> {
    this.#streams?.abandon();
    await this.undo?.();
    this.undo = undefined;
  }

  async delete(): Promise<void> {
    this.#streams?.abandon();
    await deleteNamespace(this.kube, this.shape.namespace);
  }

  say(what: string, value: string): void {
    report(this.#show, what, value);
  }

  /**
   * Waits until the cluster is Ready, and reports when the group was whole.
   *
   * @param sinceMs before the failure began
   * @returns the longest time in milliseconds without an acknowledged send
   */
  async recovers(what: string, sinceMs: number): Promise<number> {
    await waitAcknowledged(this.watched, this.streams, Date.now());
    const wholeAt = await waitInSync(this.watched);
    await waitClusterReady(this.kube, this.shape, 240_000);
    const outage = outageOf(this.streams.acknowledgedAt(GROUP), sinceMs, wholeAt);
    const silenceMs = outage?.silenceMs ?? Number.NaN;
    this.say(`${what}: longest time without an acknowledged send`, seconds(silenceMs));
    this.say(`${what}: to every member in sync`, seconds(wholeAt - sinceMs));
    this.say(`${what}: to Ready`, seconds(Date.now() - sinceMs));
    return silenceMs;
  }

  /** Ends the stream. @returns what is wrong with it */
  async judge(what: string): Promise<ReturnType<typeof faultsOf>> {
    const [result] = await this.streams.stop();
    if (result === undefined) throw new Error(`no stream went to ${GROUP}`);
    const { acknowledged, verdict } = result;
    this.say(
      `${what}: acknowledged, repeated`,
      [acknowledged, verdict.repeated.length].map(String).join(', '),
    );
    return faultsOf({ verdict });
  }

  async addressOf(name: string): Promise<string> {
    const pod = await this.kube.get(Pods, { namespace: this.shape.namespace, name });
    const ip = pod?.status?.podIP;
    if (ip === undefined) throw new Error(`${name} has no address`);
    return ip;
  }

  /** By the label, which needs no controllers. */
  async podWithRole(role: string): Promise<string> {
    const [pod] = await listAll(this.kube, Pods, this.shape.namespace, `rocketmq.gantry.dev/role=${role}`);
    if (pod === undefined) throw new Error(`no pod is labelled ${role}`);
    return pod.metadata.name;
  }

  places(names: readonly string[]): Promise<readonly CutPlace[]> {
    const { kube, shape } = this;
    return Promise.all(
      names.map(async (name) => ({
        ...(await findContainer(kube, { namespace: shape.namespace, name })),
        ip: await this.addressOf(name),
      })),
    );
  }
}

/** One node can have several. */
export async function cutOff(lost: readonly CutPlace[]): Promise<void> {
  for (const [node, on] of Map.groupBy(lost, (place) => place.node)) {
    await runOnNode(node, cutPods(on.map(({ ip }) => ip)));
  }
}

export async function healAll(lost: readonly CutPlace[]): Promise<void> {
  for (const node of new Set(lost.map((place) => place.node))) await runOnNode(node, healNetwork());
}

export async function waitUntil(untilMs: number): Promise<void> {
  await waitFor({
    what: 'the time to pass',
    deadlineMs: untilMs - Date.now() + 5_000,
    look: () => yes(Date.now() >= untilMs, 'not yet'),
  });
}
