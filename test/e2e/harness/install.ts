/** Puts the charts into the test cluster, and takes them out again. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { RocketMQClusters, Topics, ConsumerGroups } from '../../../operator/src/api/mod.ts';
import { Deployments, Pods, type KubeApi, type Pod } from '../../../operator/src/kube/mod.ts';
import { diagnose } from './diagnose.ts';
import { isPodReady, listAll, waitClusterReady, waitReady } from './kube.ts';
import { run } from './shell.ts';
import type { Shape } from './topology.ts';
import { waitFor } from './wait.ts';

export const OPERATOR_NAMESPACE = 'gantry-system';
export const OPERATOR = { namespace: OPERATOR_NAMESPACE, name: 'gantry' } as const;

/** The cluster of charts/exchange with values-kind.yaml, in a namespace of the tests' own. */
export const EXCHANGE: Shape = {
  // To try a test on a system that runs already: GANTRY_E2E_NAMESPACE=exchange with GANTRY_KEEP=1.
  namespace: process.env['GANTRY_E2E_NAMESPACE'] ?? 'e2e-exchange',
  name: 'exchange',
  nameServers: 3,
  controllers: 3,
  groups: ['broker-a', 'broker-b'],
  members: 3,
  proxies: 2,
};

const CLUSTER_DEADLINE_MS = 300_000;

function chart(...parts: readonly string[]): string {
  const path = fileURLToPath(new URL(`../../../charts/${parts.join('/')}`, import.meta.url));
  if (!existsSync(path)) throw new Error(`no chart at ${path}`);
  return path;
}

/** Installs the operator, or makes it again what the chart says. */
export async function installOperator(kube: KubeApi): Promise<void> {
  // The integration suite may have put the CRDs there before.
  const adopt = '--take-ownership';
  await helm(['upgrade', '--install', 'gantry', chart('gantry'), '-n', OPERATOR_NAMESPACE, adopt]);
  await waitFor({
    what: 'the operator to be available',
    deadlineMs: 120_000,
    tolerate: true,
    look: async () => {
      const deployment = await kube.get(Deployments, OPERATOR);
      const available = deployment?.status?.availableReplicas ?? 0;
      return available >= 1 ? { done: true } : { pending: `available: ${String(available)}` };
    },
    diagnose: () => diagnose(kube, OPERATOR_NAMESPACE),
  });
}

/** Applies the exchange bundle without waiting for it. */
export async function applyExchange(): Promise<void> {
  const values = chart('exchange', 'values-kind.yaml');
  await helm(['upgrade', '--install', 'exchange', chart('exchange'), '-n', EXCHANGE.namespace, '-f', values]);
}

/** The whole bundle, Ready: brought up by the first test that needs it, shared by those after it. */
export async function ensureExchange(kube: KubeApi): Promise<void> {
  if ((await kube.get(RocketMQClusters, EXCHANGE)) === undefined) await applyExchange();
  await waitClusterReady(kube, EXCHANGE, CLUSTER_DEADLINE_MS);
  for (const topic of await listAll(kube, Topics, EXCHANGE.namespace)) {
    await waitReady(kube, Topics, { namespace: EXCHANGE.namespace, name: topic.metadata.name }, 60_000);
  }
  for (const group of await listAll(kube, ConsumerGroups, EXCHANGE.namespace)) {
    await waitReady(
      kube,
      ConsumerGroups,
      { namespace: EXCHANGE.namespace, name: group.metadata.name },
      60_000,
    );
  }
  await waitFor({
    what: 'the order service to be available',
    deadlineMs: 180_000,
    look: async () => {
      const order = await kube.get(Deployments, { namespace: EXCHANGE.namespace, name: 'order' });
      const wanted = order?.spec?.replicas ?? 1;
      const available = order?.status?.availableReplicas ?? 0;
      return available >= wanted
        ? { done: true }
        : { pending: `${String(available)} of ${String(wanted)} available` };
    },
    diagnose: () => diagnose(kube, EXCHANGE.namespace),
  });
}

/** Deletes the clusters first, so that the operator sees them go; then the operator. The CRDs stay. */
export async function uninstallOperator(kube: KubeApi): Promise<void> {
  const clusters = await listAll(kube, RocketMQClusters);
  if (clusters.length > 0) return; // somebody else's system runs here
  await helm(['uninstall', 'gantry', '-n', OPERATOR_NAMESPACE, '--ignore-not-found', '--wait']);
}

/** The operator's pods that are not being deleted. */
export async function operatorPods(kube: KubeApi): Promise<readonly Pod[]> {
  const pods = await listAll(kube, Pods, OPERATOR_NAMESPACE, 'app.kubernetes.io/name=gantry');
  return pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
}

export async function scaleOperator(kube: KubeApi, replicas: number): Promise<void> {
  await kube.mergePatch(Deployments, OPERATOR, { spec: { replicas } });
  await waitFor({
    what: `the operator to have ${String(replicas)} pods`,
    deadlineMs: 120_000,
    look: async () => {
      const pods = await listAll(kube, Pods, OPERATOR_NAMESPACE, 'app.kubernetes.io/name=gantry');
      return pods.length === replicas && pods.every((pod) => isPodReady(pod))
        ? { done: true }
        : { pending: `${String(pods.length)} pods` };
    },
    diagnose: () => diagnose(kube, OPERATOR_NAMESPACE),
  });
}

async function helm(args: readonly string[]): Promise<void> {
  const namespace = args[0] === 'upgrade' ? ['--create-namespace'] : [];
  await run('helm', [...args, ...namespace], { timeoutMs: 180_000 });
}
