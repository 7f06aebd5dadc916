import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from './context.ts';
import { sha256 } from './fingerprint.ts';
import { auditPolicy, kindConfig } from './kind-config.ts';
import { freshLogFile, freshLogFolder } from './logs.ts';
import { output, run } from './run.ts';
import type { Mode, NodeSettings, Source } from './source.ts';
import { versions } from './versions.ts';

type Environment = Readonly<Record<string, string>>;

/** The cluster of `npm start`, whose order service answers on this machine's loopback. */
export const MAIN_CLUSTER = 'gantry';
/** The cluster of `npm test`: never the one that a person works with. */
export const TEST_CLUSTER = 'gantry-test';
export const BENCH_CLUSTER = 'gantry-bench';
/** The cluster whose nodes are stopped and cut off. */
export const CHAOS_CLUSTER = 'gantry-chaos';

/** Nobody works with these between two commands. */
const MADE_ANEW: ReadonlySet<string> = new Set([TEST_CLUSTER, BENCH_CLUSTER, CHAOS_CLUSTER]);

export function clusterFolder(context: Context, cluster: string): string {
  return join(context.home, 'clusters', cluster);
}

export function kubeconfigOf(context: Context, cluster: string): string {
  return join(clusterFolder(context, cluster), 'kubeconfig');
}

const modeFile = (context: Context, cluster: string): string => join(clusterFolder(context, cluster), 'mode');

/** How a cluster was made: whoever comes later must look for it in the same place. */
export async function madeWith(context: Context, cluster: string): Promise<Mode | undefined> {
  const text = await readFile(modeFile(context, cluster), 'utf8').catch(() => '');
  return text === 'docker' || text === 'packages' ? text : undefined;
}

/** What decides how a cluster is made, but for its node image: one of a newer recipe would cost minutes, and change nothing. */
function recipeOf(context: Context, cluster: string): string {
  return sha256(`${placedConfig(context, cluster, {})}\n${auditPolicy}\n${versions.kubernetes}`);
}

/** A group of three has a node for each member where nodes are cut off: two on one of them may lose what they acknowledge. */
function workersOf(cluster: string): number {
  return cluster === CHAOS_CLUSTER ? 3 : 2;
}

function placedConfig(context: Context, cluster: string, settings: NodeSettings): string {
  return kindConfig(settings, {
    folder: clusterFolder(context, cluster),
    ports: cluster === MAIN_CLUSTER,
    workers: workersOf(cluster),
  });
}

/** A control plane that starts again takes half a minute on two cores. */
const API_SERVER_MS = 180_000;
const LOOK_MS = 1_000;

/** Brings a cluster up, or back up: as it is when it is whole, else made anew. */
export async function ensureCluster(context: Context, source: Source, cluster: string): Promise<void> {
  await source.raise();
  const env = await source.environment();
  // Written when a cluster is whole: one without it was left by a run that was killed.
  const marker = join(clusterFolder(context, cluster), 'whole');
  const recipe = recipeOf(context, cluster);
  const exists = (await listClusters(env)).includes(cluster);
  const madeBy = exists ? await readFile(marker, 'utf8').catch(() => undefined) : undefined;
  const isOurs = MADE_ANEW.has(cluster);
  if (madeBy !== undefined && (madeBy === recipe || !isOurs)) {
    if (madeBy !== recipe) {
      const cure = cluster === MAIN_CLUSTER ? 'npm stop' : `npm run ground -- down --cluster ${cluster}`;
      context.progress.say(
        `cluster ${cluster} is of an older configuration: ${cure} makes room for a new one`,
      );
    }
    await startNodes(context, env, cluster);
  } else {
    if (exists) {
      const why = madeBy === undefined ? 'that a killed run left half made' : 'of an older configuration';
      await context.progress.step(`removing a cluster ${why}`, () => deleteCluster(context, env, cluster));
    }
    await create(context, env, cluster, source);
  }
  await context.progress.step('waiting for nodes, network, DNS and storage', () =>
    waitForSystem(context, env, cluster),
  );
  if (madeBy === undefined || isOurs) await writeFile(marker, recipe);
}

export async function listClusters(env: Environment): Promise<readonly string[]> {
  return (await output('kind', ['get', 'clusters', '--quiet'], { env }))
    .split('\n')
    .filter((name) => name !== '');
}

/** The nodes that pods of ours can run on: kubeadm taints the control plane. */
export async function listWorkers(env: Environment, cluster: string): Promise<readonly string[]> {
  const nodes = await listNodes(env, cluster);
  return nodes.filter((name) => name !== `${cluster}-control-plane`);
}

export async function listNodes(env: Environment, cluster: string): Promise<readonly string[]> {
  const text = await output('kind', ['get', 'nodes', '--quiet', '--name', cluster], { env });
  return text
    .split(/\s+/)
    .filter((name) => name !== '')
    .toSorted();
}

async function create(context: Context, env: Environment, cluster: string, source: Source): Promise<void> {
  const settings = await source.nodeSettings();
  await forgetCluster(context, cluster);
  await mkdir(clusterFolder(context, cluster), { recursive: true });
  await writeFile(modeFile(context, cluster), source.mode);
  await writeFile(join(clusterFolder(context, cluster), 'audit-policy.yaml'), auditPolicy);
  const image = settings.image === undefined ? [] : ['--image', settings.image];
  const where = ['--name', cluster, '--kubeconfig', kubeconfigOf(context, cluster)];
  const command = ['create', 'cluster', '--retain', '--config', '-', ...image, ...where];
  await context.progress.step(
    `kind create cluster ${cluster}: 1 control plane, ${String(workersOf(cluster))} workers`,
    async () => {
      await run('kind', command, {
        env,
        stdin: placedConfig(context, cluster, settings),
        // Not in the cluster's folder: whoever reads why it did not come up may have taken it down meanwhile.
        logFile: await freshLogFile(context.home, `kind-create-${cluster}`),
        signal: context.signal,
      });
      // A dozen JVMs that start at once on two cores leave the API server without an answer for many seconds.
      await run('docker', ['update', '--cpu-shares', '8192', `${cluster}-control-plane`], {
        env,
        signal: context.signal,
      });
    },
  );
}

/** Starts nodes that stand still, as after a restart of the machine, and writes the kubeconfig again. */
async function startNodes(context: Context, env: Environment, cluster: string): Promise<void> {
  const nodes = await listNodes(env, cluster);
  const states = await output('docker', ['inspect', '--format', '{{.State.Running}}', ...nodes], { env });
  const stopped = nodes.filter((_, index) => states.split('\n')[index] !== 'true');
  if (stopped.length > 0) {
    await context.progress.step(`starting ${stopped.join(', ')}`, () =>
      run('docker', ['start', ...stopped], { env }),
    );
  }
  if (!existsSync(kubeconfigOf(context, cluster))) {
    await run(
      'kind',
      ['export', 'kubeconfig', '--name', cluster, '--kubeconfig', kubeconfigOf(context, cluster)],
      { env },
    );
  }
}

/** A node is Ready before its kube-proxy runs, and a cluster before its DNS does: each is waited for by itself. */
async function waitForSystem(context: Context, env: Environment, cluster: string): Promise<void> {
  const options = { env: { ...env, KUBECONFIG: kubeconfigOf(context, cluster) }, signal: context.signal };
  const limit = '--timeout=240s';
  await waitForApi(options);
  await run('kubectl', ['wait', '--for=condition=Ready', 'node', '--all', limit], options);
  const system = [
    ['kube-system', 'daemonset/kube-proxy'],
    ['kube-system', 'daemonset/kindnet'],
    ['kube-system', 'deployment/coredns'],
    ['local-path-storage', 'deployment/local-path-provisioner'],
  ] as const;
  for (const [namespace, workload] of system) {
    await run('kubectl', ['--namespace', namespace, 'rollout', 'status', workload, limit], options);
  }
}

/**
 * An API server that was just started refuses connections, and then everybody but itself: it answers before it has
 * read the roles that say who may do what (its RBAC authorizer's informers sync after it serves).
 */
async function waitForApi(options: {
  readonly env: Environment;
  readonly signal: AbortSignal;
}): Promise<void> {
  const endsAt = Date.now() + API_SERVER_MS;
  for (;;) {
    try {
      await run('kubectl', ['get', 'nodes', '--request-timeout=5s'], options);
      return;
    } catch (error) {
      options.signal.throwIfAborted();
      if (Date.now() > endsAt) throw error;
    }
    await sleep(LOOK_MS, undefined, { signal: options.signal });
  }
}

/** Keeps the journals of the nodes and the logs of every container, which are gone with the cluster; returns where. */
export async function keepLogs(context: Context, env: Environment, cluster: string): Promise<string> {
  const folder = await freshLogFolder(context.home, `nodes-of-${cluster}`);
  await run('kind', ['export', 'logs', folder, '--name', cluster], {
    env,
    timeoutMs: 180_000,
    signal: context.signal,
    // It ends with 1 when one of its many questions fails: nodes that were built from packages have no crictl.
    accept: [1],
  });
  return folder;
}

export async function deleteCluster(context: Context, env: Environment, cluster: string): Promise<void> {
  await run(
    'kind',
    ['delete', 'cluster', '--name', cluster, '--kubeconfig', kubeconfigOf(context, cluster)],
    { env },
  );
  await forgetCluster(context, cluster);
}

/** Of a cluster that is gone. */
export async function forgetCluster(context: Context, cluster: string): Promise<void> {
  await rm(clusterFolder(context, cluster), { recursive: true, force: true });
}
