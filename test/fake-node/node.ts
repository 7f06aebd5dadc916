/** The node of the fake kubelets: Ready as long as it beats, and nothing else is scheduled on it. */
import { Nodes, systemClock, toKubeTime, type KubeApi } from '../../operator/src/kube/mod.ts';
import { NODE_LABEL } from './cluster-spec.ts';

/** Kubernetes takes a node for lost after 50 s without a word. */
const BEAT_MS = 10_000;

export class FakeNode {
  readonly name: string;
  readonly #kube: KubeApi;
  readonly #stop = new AbortController();
  #beating: Promise<void> = Promise.resolve();

  static async start(kube: KubeApi, name: string): Promise<FakeNode> {
    const node = new FakeNode(kube, name);
    const object = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { [NODE_LABEL]: name } },
      // Not cordoned: the operator would take it for a node that is about to be drained.
      spec: { taints: [{ key: NODE_LABEL, value: name, effect: 'NoSchedule' }] },
    };
    await kube.create(Nodes, object);
    await node.#beat();
    node.#beating = node.#run();
    return node;
  }

  private constructor(kube: KubeApi, name: string) {
    this.#kube = kube;
    this.name = name;
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the node goes'));
    await this.#beating;
    await this.#kube.delete(Nodes, { namespace: '', name: this.name });
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await systemClock.sleep(BEAT_MS, this.#stop.signal).catch(() => undefined);
      // A beat that is missed is made up for by the next.
      if (!this.#stop.signal.aborted) await this.#beat().catch(() => undefined);
    }
  }

  async #beat(): Promise<void> {
    const now = toKubeTime(Date.now());
    const ready = {
      type: 'Ready',
      status: 'True',
      reason: 'KubeletReady',
      message: 'fake',
      lastHeartbeatTime: now,
      lastTransitionTime: now,
    };
    const status = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: this.name },
      status: { conditions: [ready] },
    };
    await this.#kube.apply(Nodes, status, { subresource: 'status', force: true });
  }
}
