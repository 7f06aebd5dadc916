/**
 * A kubelet whose containers are fake RocketMQ processes. The StatefulSet, Deployment and garbage collection
 * controllers of the API server's cluster are the real ones; what is left for it is what a node does: it takes a
 * pod, starts its process with the configuration of the Secret that the pod names, says how it is, and ends it.
 */
import {
  Informer,
  isKubeError,
  keyOf,
  Pods,
  silentLogger,
  systemClock,
  type ApplyIntent,
  type KubeApi,
  type Pod,
  type ResourceType,
} from '../../operator/src/kube/mod.ts';
import type { FakeProcess } from '../fakes/mod.ts';
import { nextAddress, type PodAddresses } from './pod-addresses.ts';
import {
  ended,
  firstStart,
  imageOf,
  startedAgain,
  statusOf,
  statusWithoutImage,
  type ContainerState,
} from './pod-status.ts';

const Bindings: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'Binding',
  plural: 'bindings',
  namespaced: true,
};

/** From the start of a container to the moment when its port answers; a JVM needs seconds. */
const START_MS = 150;
/** From the end of a container to its next start. */
const RESTART_MS = 1_500;
const RETRY_MS = 200;

export interface KubeletOptions {
  /** Its field manager owns what it says of pods. */
  readonly client: KubeApi;
  readonly namespace: string;
  readonly node: string;
  readonly addresses: PodAddresses;
  /** Whether a registry has it; of one that none has, no container ever starts. */
  readonly hasImage: (image: string) => boolean;
  /** @throws Error while something is missing that the container needs: it is tried again */
  readonly start: (pod: Pod, address: string) => Promise<FakeProcess>;
}

interface Running {
  pod: Pod;
  readonly address: string;
  container: ContainerState;
  process: FakeProcess | undefined;
}

export class FakeKubelet {
  readonly #options: KubeletOptions;
  readonly #informer: Informer<Pod>;
  /** By uid. */
  readonly #running = new Map<string, Running>();
  readonly #busy = new Map<string, Promise<void>>();
  /** By uid: older news of such a pod may still wait for its turn. */
  readonly #ended = new Set<string>();
  readonly #stop = new AbortController();
  /** Names of the pods that it took, one entry for each pod made. */
  readonly started: string[] = [];
  /** What it did and what went wrong, for the explanation of a failure. */
  readonly history: string[] = [];

  constructor(options: KubeletOptions) {
    this.#options = options;
    const { client, namespace } = options;
    this.#informer = new Informer({
      client,
      type: Pods,
      namespace,
      clock: systemClock,
      random: Math.random,
      log: silentLogger,
    });
    this.#informer.onChange(({ type, object }) => this.#enqueue(object, type === 'Deleted'));
  }

  /** Until `stop`. */
  async run(): Promise<void> {
    await this.#informer.run(this.#stop.signal);
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the kubelet stops'));
    await Promise.all(this.#busy.values());
    await Promise.all([...this.#running.values()].map(async (running) => running.process?.end()));
  }

  /** SIGKILL to the process in a pod; the container starts again, at the same address. */
  async crash(name: string): Promise<void> {
    const running = [...this.#running.values()].find(({ pod }) => pod.metadata.name === name);
    if (running?.process === undefined) throw new Error(`no process runs in ${name}`);
    const { process } = running;
    running.process = undefined;
    running.container = ended(running.container, Date.now());
    await process.end();
    this.#enqueue(running.pod, false);
  }

  /** One after the other for one pod. */
  #enqueue(pod: Pod, isGone: boolean): void {
    const uid = pod.metadata.uid ?? '';
    const running = this.#running.get(uid);
    if (running !== undefined) running.pod = pod;
    const before = this.#busy.get(uid) ?? Promise.resolve();
    const work = before
      .then(() => this.#attend(uid, pod, isGone))
      .catch((error: unknown) => this.#failed(pod, error));
    this.#busy.set(uid, work);
  }

  /** Something is not there yet, or changed in between: the pod as it is then is looked at again. */
  #failed(pod: Pod, error: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.#note(pod, error instanceof Error ? error.message : String(error));
    setTimeout(() => {
      const now = this.#informer.store.get(keyOf(pod));
      if (now?.metadata.uid === pod.metadata.uid && now !== undefined) this.#enqueue(now, false);
    }, RETRY_MS).unref();
  }

  async #attend(uid: string, seen: Pod, isGone: boolean): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const running = this.#running.get(uid);
    const pod = running?.pod ?? seen;
    if (isGone || pod.metadata.deletionTimestamp !== undefined || this.#ended.has(uid))
      return this.#end(uid, pod, running, isGone);
    if (running === undefined) return this.#take(uid, pod);
    if (running.process === undefined) {
      await this.#report(running);
      await systemClock.sleep(RESTART_MS, this.#stop.signal);
      running.process = await this.#options.start(running.pod, running.address);
      running.container = startedAgain(running.container, Date.now());
    }
    await this.#report(running);
  }

  async #take(uid: string, pod: Pod): Promise<void> {
    const { name } = pod.metadata;
    if (pod.spec?.nodeName === undefined && !(await this.#bind(uid, pod))) {
      this.#note(pod, 'another pod had its name before it was taken');
      return;
    }
    if (!this.#options.hasImage(imageOf(pod))) return this.#say(statusWithoutImage(pod));
    const address = nextAddress();
    await systemClock.sleep(START_MS, this.#stop.signal);
    const process = await this.#options.start(pod, address);
    this.started.push(name);
    this.#note(
      pod,
      `runs at ${address}, of revision ${pod.metadata.annotations?.['rocketmq.gantry.dev/revision'] ?? 'unknown'}`,
    );
    const running: Running = { pod, address, process, container: firstStart(Date.now()) };
    this.#running.set(uid, running);
    this.#options.addresses.add(pod, address);
    await this.#report(running);
  }

  /** @returns whether this very pod is to run here */
  async #bind(uid: string, { metadata: { name, namespace = '' } }: Pod): Promise<boolean> {
    const { client, node } = this.#options;
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { namespace, name, uid },
      target: { apiVersion: 'v1', kind: 'Node', name: node },
    };
    try {
      await client.create(Bindings, binding);
      return true;
    } catch (error) {
      if (!isKubeError(error, 'Conflict')) throw error;
      // A scheduler, if there is one, was faster: it has no other node to choose. Or another pod has the name by now.
      return (await client.get(Pods, { namespace, name }))?.metadata.uid === uid;
    }
  }

  async #end(uid: string, pod: Pod, running: Running | undefined, isGone: boolean): Promise<void> {
    this.#running.delete(uid);
    this.#ended.add(uid);
    if (running !== undefined) {
      this.#note(pod, isGone ? 'is gone' : 'ends');
      await running.process?.end();
      this.#options.addresses.delete(pod, running.address);
    }
    if (isGone) return;
    const { name, namespace = '' } = pod.metadata;
    await this.#options.client.delete(Pods, { namespace, name }, { uid, gracePeriodSeconds: 0 });
  }

  #note({ metadata: { name, uid = '' } }: Pod, what: string): void {
    this.history.push(`${new Date().toISOString()} ${name} (${uid.slice(0, 8)}): ${what}`);
  }

  async #report(running: Running): Promise<void> {
    await this.#say(statusOf(running.pod, running.address, running.container));
  }

  async #say(intent: ApplyIntent | undefined): Promise<void> {
    if (intent !== undefined)
      await this.#options.client.apply(Pods, intent, { subresource: 'status', force: true });
  }
}
