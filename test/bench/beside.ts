/** Where programs run that ask the brokers themselves: on this machine beside fakes, or in pods. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pods, type KubeApi } from '../../operator/src/kube/mod.ts';
import { buildProbe } from '../e2e/harness/bundle.ts';
import { intent, isPodReady } from '../e2e/harness/kube.ts';
import { pushScript, startNodePod } from '../e2e/harness/prober.ts';
import { kubectl, run } from '../e2e/harness/shell.ts';
import { waitFor } from '../e2e/harness/wait.ts';
import type { Cleanup } from './program.ts';

const TIMEOUT_MS = 1_800_000;

/** Both run a program to its end, give it its standard input and return its standard output. */
export interface Beside {
  /** The raw loop. */
  rawLoop(input: string): Promise<string>;
  /** A shell with ROCKETMQ_HOME; undefined: there is no distribution of RocketMQ. */
  readonly shell: ((script: string, input: string) => Promise<string>) | undefined;
  /** A folder of the shell's that can be written to. */
  readonly folder: string;
}

const rawLoopText = async (): Promise<string> => buildProbe(new URL('raw-loop.ts', import.meta.url));

/** @param rocketmqHome an unpacked distribution of RocketMQ, if there is one */
export async function besideFakes(rocketmqHome: string | undefined, cleanup: Cleanup): Promise<Beside> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-bench-beside-'));
  cleanup.add(async () => rm(folder, { recursive: true }));
  const file = join(folder, 'raw-loop.mjs');
  await writeFile(file, await rawLoopText());
  return {
    folder,
    rawLoop: async (input) => run(process.execPath, [file], { input, timeoutMs: TIMEOUT_MS }),
    shell:
      rocketmqHome === undefined
        ? undefined
        : async (script, input) =>
            run('sh', ['-c', script], {
              input,
              timeoutMs: TIMEOUT_MS,
              env: { ROCKETMQ_HOME: rocketmqHome },
            }),
  };
}

/** Any image with `node` on its PATH; the ground loads this one. */
const NODE_IMAGE = 'gantry/order:0.1.0';
const RAW_LOOP = { pod: 'raw-loop', file: '/tmp/raw-loop.mjs' } as const;
const MQADMIN_POD = 'mqadmin';

/** @param image of RocketMQ, which has mqadmin */
export async function besidePods(kube: KubeApi, namespace: string, image: string): Promise<Beside> {
  await startNodePod(kube, { namespace, name: RAW_LOOP.pod, image: NODE_IMAGE });
  await pushScript(namespace, RAW_LOOP.pod, RAW_LOOP.file, await rawLoopText());
  await startRocketmqPod(kube, namespace, image);
  const exec = async (pod: string, command: readonly string[], input: string): Promise<string> =>
    kubectl(['exec', '-i', '-n', namespace, pod, '--', ...command], { input, timeoutMs: TIMEOUT_MS });
  return {
    folder: '/tmp/mqadmin',
    rawLoop: async (input) => exec(RAW_LOOP.pod, ['node', RAW_LOOP.file], input),
    shell: async (script, input) => exec(MQADMIN_POD, ['sh', '-c', script], input),
  };
}

/** A JVM in a broker's pod would take the memory that the broker is given. */
async function startRocketmqPod(kube: KubeApi, namespace: string, image: string): Promise<void> {
  const key = { namespace, name: MQADMIN_POD };
  await kube.create(
    Pods,
    intent(Pods, key, {
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 0,
        containers: [
          {
            name: 'mqadmin',
            image,
            command: ['sh', '-c', 'while :; do sleep 60; done'],
            volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
          },
        ],
        volumes: [{ name: 'tmp', emptyDir: {} }],
      },
    }),
  );
  await waitFor({
    what: `pod ${namespace}/${MQADMIN_POD} to run`,
    deadlineMs: 60_000,
    look: async () => {
      const found = await kube.get(Pods, key);
      return isPodReady(found) ? { done: true } : { pending: found?.status?.phase ?? 'absent' };
    },
  });
}
