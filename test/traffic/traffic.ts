/**
 * The probe: a pod on the control plane's node, which no fault stops, steered through a folder of that node. So traffic
 * goes on, and can be followed, also while the API server or a worker is away.
 */
import { Pods, type KubeApi } from '../../operator/src/kube/mod.ts';
import { buildProbe } from '../e2e/harness/bundle.ts';
import { diagnose } from '../e2e/harness/diagnose.ts';
import { ensureNamespace, intent } from '../e2e/harness/kube.ts';
import { copyImage, onNode } from '../e2e/harness/nodes.ts';
import { run } from '../e2e/harness/shell.ts';
import { waitFor, yes } from '../e2e/harness/wait.ts';
import { files, type Progress, type TrafficQuestion } from './probe/protocol.ts';

const NAMESPACE = 'traffic-probe';
const POD = 'probe';
/** Any image with `node` on its PATH; the workers have this one. */
const IMAGE = 'gantry/order:0.1.0';
const IMAGE_IN_FULL = `docker.io/${IMAGE}`;
const FOLDER = '/var/lib/gantry-traffic';
const STALE_MS = 10_000;

export class Traffic {
  readonly #kube: KubeApi;
  readonly #node: string;

  private constructor(kube: KubeApi, node: string) {
    this.#kube = kube;
    this.#node = node;
  }

  /** @param worker a node that has the image */
  static async start(
    kube: KubeApi,
    nodes: { readonly controlPlane: string; readonly worker: string },
    question: TrafficQuestion,
  ): Promise<Traffic> {
    const { controlPlane, worker } = nodes;
    const traffic = new Traffic(kube, controlPlane);
    await ensureNamespace(kube, NAMESPACE);
    await Traffic.remove(kube);
    // The ground loads images into workers only.
    await copyImage(IMAGE_IN_FULL, worker, controlPlane);
    await onNode(controlPlane, ['sh', '-c', `rm -rf ${FOLDER} && mkdir -m 0777 -p ${FOLDER}`]);
    await traffic.#put(files.script, await buildProbe(new URL('probe/main.ts', import.meta.url)));
    await traffic.#put(files.question, JSON.stringify(question));
    await kube.create(
      Pods,
      intent(Pods, { namespace: NAMESPACE, name: POD }, { spec: podSpec(controlPlane) }),
    );
    return traffic;
  }

  /** Ends the probe of this run or of an earlier one. */
  static async remove(kube: KubeApi): Promise<void> {
    const key = { namespace: NAMESPACE, name: POD };
    await kube.delete(Pods, key, { gracePeriodSeconds: 0 });
    await waitFor({
      what: 'the probe to be gone',
      deadlineMs: 60_000,
      look: async () => yes((await kube.get(Pods, key)) === undefined, 'there'),
    });
  }

  /** @throws Error when the probe has ended or says nothing any more: without it a run proves nothing */
  async progress(): Promise<Progress> {
    const text = await onNode(this.#node, ['cat', `${FOLDER}/${files.progress}`]);
    const progress: Progress = JSON.parse(text);
    if (progress.state === 'Failed') throw new Error(`the probe failed: ${progress.error ?? ''}`);
    return progress;
  }

  /** Waits until every group has acknowledged, and delivered, its first messages. */
  async flowing(deadlineMs: number): Promise<void> {
    await waitFor({
      what: 'every group to acknowledge and to deliver',
      deadlineMs,
      tolerate: true, // the first look comes before the probe writes its first line
      look: async () => {
        const { groups } = await this.progress();
        const idle = Object.entries(groups).filter(
          ([, { acknowledged, delivered }]) => acknowledged === 0 || delivered === 0,
        );
        return yes(idle.length === 0, JSON.stringify(groups));
      },
      diagnose: () => diagnose(this.#kube, NAMESPACE),
    });
  }

  /** Ends the sends, waits until everything was read, and returns the record. */
  async stop(deadlineMs: number): Promise<string> {
    await onNode(this.#node, ['touch', `${FOLDER}/${files.stop}`]);
    await waitFor({
      what: 'everything to be read back',
      deadlineMs,
      everyMs: 1_000,
      look: async () => {
        const { state, groups } = await this.progress();
        return yes(state === 'Done', `${state}: ${JSON.stringify(groups)}`);
      },
      diagnose: () => diagnose(this.#kube, NAMESPACE),
    });
    return onNode(this.#node, ['cat', `${FOLDER}/${files.record}`], 300_000);
  }

  async #put(name: string, content: string): Promise<void> {
    await run('docker', ['exec', '-i', this.#node, 'sh', '-c', `cat > ${FOLDER}/${name}`], {
      timeoutMs: 60_000,
      input: content,
    });
  }
}

/** Whether what the probe wrote is about now. */
export function isFresh(progress: Progress, now: number): boolean {
  return now - progress.at < STALE_MS;
}

const podSpec = (nodeName: string) => ({
  nodeName,
  tolerations: [{ operator: 'Exists' }],
  restartPolicy: 'Never',
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  terminationGracePeriodSeconds: 0,
  containers: [
    {
      name: 'node',
      image: IMAGE,
      imagePullPolicy: 'IfNotPresent',
      command: ['node', `/traffic/${files.script}`, '/traffic'],
      // Names are looked up by threads: with four, a name server of names that is cut off holds up everything.
      env: [{ name: 'UV_THREADPOOL_SIZE', value: '16' }],
      volumeMounts: [{ name: 'traffic', mountPath: '/traffic' }],
    },
  ],
  volumes: [{ name: 'traffic', hostPath: { path: FOLDER, type: 'Directory' } }],
});
