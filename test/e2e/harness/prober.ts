/** The probe pod: a plain Node pod in a namespace of its own; questions go in by `kubectl exec`. */
import { buildProbe } from './bundle.ts';
import { isPodReady, ensureNamespace, intent } from './kube.ts';
import type {
  ClusterFacts,
  ClusterQuestion,
  CommitQuestion,
  LoadLine,
  LoadQuestion,
  MetadataFacts,
  MetadataQuestion,
  OffsetsFacts,
  OffsetsQuestion,
  RawFacts,
  RawQuestion,
  SendFacts,
  SendQuestion,
  StreamLine,
  StreamQuestion,
} from './probe/protocol.ts';
import { ProbeSessions } from './probe-session.ts';
import { CommandError, kubectl, startLines } from './shell.ts';
import { failuresOf } from './tap.ts';
import { Pods, type KubeApi } from '../../../operator/src/kube/mod.ts';
import { diagnose } from './diagnose.ts';
import { waitFor } from './wait.ts';

export const PROBE_NAMESPACE = 'e2e-probe';
const POD = 'probe';
export const PROBE_POD = { namespace: PROBE_NAMESPACE, name: POD } as const;
const SCRIPT = '/tmp/probe.mjs';
const CONTRACT = '/tmp/contract.mjs';
/** Any image with `node` on its PATH; this one is there for the tests anyway. */
const IMAGE = 'gantry/order:0.1.0';

export class Prober {
  readonly #sessions = new ProbeSessions('kubectl', [
    'exec',
    '-i',
    '-n',
    PROBE_NAMESPACE,
    POD,
    '--',
    'node',
    SCRIPT,
    'serve',
  ]);

  /** Starts the pod unless it runs, and gives it the current script. */
  static async start(kube: KubeApi): Promise<Prober> {
    await ensureNamespace(kube, PROBE_NAMESPACE);
    await startNodePod(kube, { namespace: PROBE_NAMESPACE, name: POD, image: IMAGE });
    await pushScript(PROBE_NAMESPACE, POD, SCRIPT, await buildProbe('main.ts'));
    return new Prober();
  }

  cluster(question: ClusterQuestion): Promise<ClusterFacts> {
    return this.#sessions.ask('cluster', question);
  }

  send(question: SendQuestion): Promise<SendFacts> {
    return this.#sessions.ask('send', question);
  }

  raw(question: RawQuestion): Promise<RawFacts> {
    return this.#sessions.ask('raw', question);
  }

  offsets(question: OffsetsQuestion): Promise<OffsetsFacts> {
    return this.#sessions.ask('offsets', question);
  }

  /** By address. */
  metadata(question: MetadataQuestion): Promise<Readonly<Record<string, MetadataFacts>>> {
    return this.#sessions.ask('metadata', question);
  }

  /** Pulls from queues and commits, as a consumer does. */
  commit(question: CommitQuestion): Promise<unknown> {
    return this.#sessions.ask('commit', question);
  }

  /**
   * Runs the contract suite of test/fakes in the pod, against a cluster and against the fakes.
   *
   * @returns its report, in TAP
   * @throws Error with what it says of the tests that failed
   */
  async contract({ nameServers, controllers }: ClusterQuestion): Promise<string> {
    await pushScript(PROBE_NAMESPACE, POD, CONTRACT, await buildProbe('contract.ts'));
    const command = ['node', '--test-reporter=tap', CONTRACT, nameServers.join(','), controllers.join(',')];
    try {
      return await kubectl(['exec', '-n', PROBE_NAMESPACE, POD, '--', ...command], { timeoutMs: 360_000 });
    } catch (error) {
      if (!(error instanceof CommandError) || error.code !== 'Exit') throw error;
      throw new Error(`the contract does not hold:\n${failuresOf(error.stdout)}`, { cause: error });
    }
  }

  /** Runs the load to its end. @throws Error when the stream breaks off before it */
  async load(question: LoadQuestion, onLine: (line: LoadLine) => void): Promise<void> {
    let complete = false;
    const args = ['exec', '-n', PROBE_NAMESPACE, POD, '--', 'node', SCRIPT, 'load', JSON.stringify(question)];
    const { code, stderr } = await startLines('kubectl', args, (text) => {
      const line: LoadLine = JSON.parse(text);
      if (line.type === 'end') complete = true;
      onLine(line);
    }).ended;
    if (!complete) throw new Error(`the load broke off (exit ${String(code)}): ${stderr}`);
  }

  /** Starts numbered sends to one group; they go on until stopped. */
  stream(question: StreamQuestion): Stream {
    const acks: Ack[] = [];
    let end: Extract<StreamLine, { type: 'end' }> | undefined;
    const args = ['exec', '-i', '-n', PROBE_NAMESPACE, POD, '--', 'node', SCRIPT, 'stream'];
    const process = startLines('kubectl', [...args, JSON.stringify(question)], (text) => {
      const line: StreamLine = JSON.parse(text);
      if (line.type === 'end') end = line;
      else acks.push(line);
    });
    return {
      acks,
      stop: async () => {
        process.end();
        const { code, stderr } = await process.ended;
        if (end === undefined) throw new Error(`the stream broke off (exit ${String(code)}): ${stderr}`);
        return end.stored;
      },
      abandon: () => {
        process.kill();
      },
    };
  }
}

type Ack = Extract<StreamLine, { type: 'ack' }>;

export interface Stream {
  /** Grows while the stream runs. */
  readonly acks: readonly Ack[];
  /** Returns the numbers that the group holds. @throws Error when the stream ended before */
  stop(): Promise<readonly number[]>;
  /** Ends it without an answer. */
  abandon(): void;
}

export interface NodePod {
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  readonly serviceAccountName?: string;
}

/** A pod that waits to be told what to run. */
export async function startNodePod(kube: KubeApi, pod: NodePod): Promise<void> {
  const key = { namespace: pod.namespace, name: pod.name };
  if (!isPodReady(await kube.get(Pods, key))) {
    await kube.delete(Pods, key, { gracePeriodSeconds: 0 });
    await waitFor({
      what: `the old pod ${pod.name} to be gone`,
      deadlineMs: 30_000,
      look: async () => ((await kube.get(Pods, key)) === undefined ? { done: true } : { pending: 'there' }),
    });
    await kube.create(
      Pods,
      intent(Pods, key, {
        spec: {
          ...(pod.serviceAccountName === undefined ? {} : { serviceAccountName: pod.serviceAccountName }),
          automountServiceAccountToken: pod.serviceAccountName !== undefined,
          terminationGracePeriodSeconds: 0,
          // Variables of Services would look like settings to the operator, which refuses unknown ones.
          enableServiceLinks: false,
          containers: [
            {
              name: 'node',
              image: pod.image,
              imagePullPolicy: 'IfNotPresent',
              command: ['node', '-e', 'setInterval(() => undefined, 1e9)'],
              volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
            },
          ],
          volumes: [{ name: 'tmp', emptyDir: {} }],
        },
      }),
    );
  }
  await waitFor({
    what: `pod ${pod.namespace}/${pod.name} to run`,
    deadlineMs: 60_000,
    look: async () => {
      const found = await kube.get(Pods, key);
      return isPodReady(found) ? { done: true } : { pending: found?.status?.phase ?? 'absent' };
    },
    diagnose: () => diagnose(kube, pod.namespace),
  });
}

/** Copies a script into a pod; the images of the tests have no shell and no tar, so Node does it. */
export async function pushScript(
  namespace: string,
  pod: string,
  path: string,
  script: string,
): Promise<void> {
  const save = `process.stdin.pipe(require('node:fs').createWriteStream('${path}'))`;
  await kubectl(['exec', '-i', '-n', namespace, pod, '--', 'node', '-e', save], {
    timeoutMs: 60_000,
    input: script,
  });
}
