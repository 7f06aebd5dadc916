/** Puts the charts into the test cluster, and takes them out again. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { RocketMQClusters, Topics, ConsumerGroups } from '../../../operator/src/api/mod.ts';
import {
  Deployments,
  Leases,
  Pods,
  type Deployment,
  type KubeApi,
  type KubeObject,
  type Pod,
  type ResourceType,
} from '../../../operator/src/kube/mod.ts';
import { exchangeServices } from '../../ground/versions.ts';
import { diagnose } from './diagnose.ts';
import { isPodReady, listAll, waitClusterReady, waitReady } from './kube.ts';
import { run } from './shell.ts';
import type { Shape } from './topology.ts';
import { waitFor } from './wait.ts';

export const OPERATOR_NAMESPACE = 'gantry-system';
export const OPERATOR = { namespace: OPERATOR_NAMESPACE, name: 'gantry' } as const;
/** As the API server knows it. */
export const OPERATOR_USER = `system:serviceaccount:${OPERATOR_NAMESPACE}:${OPERATOR.name}`;

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

const OPERATOR_PODS = 'app.kubernetes.io/name=gantry';
/** Six brokers on two cores that others use too: 447 s was seen. */
const CLUSTER_DEADLINE_MS = 480_000;

function chart(...parts: readonly string[]): string {
  const path = fileURLToPath(new URL(`../../../charts/${parts.join('/')}`, import.meta.url));
  if (!existsSync(path)) throw new Error(`no chart at ${path}`);
  return path;
}

/** An operator that is not the one of this checkout. */
export interface OtherOperator {
  /** Folder of its chart. */
  readonly chart: string;
  /** Of its image. */
  readonly tag: string;
}

/** Installs the operator of this checkout, or another one, or makes it again what its chart says; CRDs included. */
export async function installOperator(kube: KubeApi, other?: OtherOperator): Promise<void> {
  // The integration suite may have put the CRDs there before. Without values Helm takes those of the last time.
  const release = ['upgrade', '--install', 'gantry', '--take-ownership', '--reset-values'];
  const values = other === undefined ? [] : ['--set', `image.tag=${other.tag}`];
  await helm([...release, other?.chart ?? chart('gantry'), '-n', OPERATOR_NAMESPACE, ...values]);
  await waitFor({
    what: 'the operator to be available, and none of another installation left',
    deadlineMs: 120_000,
    tolerate: true,
    look: async () => {
      const deployment = await kube.get(Deployments, OPERATOR);
      return deployment !== undefined && isRolledOut(deployment)
        ? { done: true }
        : { pending: JSON.stringify(deployment?.status ?? 'no Deployment') };
    },
    diagnose: () => diagnose(kube, OPERATOR_NAMESPACE),
  });
}

/** As `kubectl rollout status` judges it. */
function isRolledOut({ metadata, spec, status }: Deployment): boolean {
  const wanted = spec?.replicas ?? 1;
  return (
    status?.observedGeneration === metadata.generation &&
    [status?.replicas, status?.updatedReplicas, status?.availableReplicas].every((count) => count === wanted)
  );
}

/** The operator's pod that holds the Lease; waits until one does and no other pod is left. */
export function leadingPod(kube: KubeApi): Promise<Pod> {
  return waitFor({
    what: 'the only pod of the operator to lead',
    deadlineMs: 120_000,
    look: async () => {
      const [pod, ...others] = await listAll(kube, Pods, OPERATOR_NAMESPACE, OPERATOR_PODS);
      const holder = (await kube.get(Leases, OPERATOR))?.spec?.holderIdentity ?? '';
      // The rest of its identity tells processes of one pod apart.
      return pod !== undefined && others.length === 0 && holder.startsWith(`${pod.metadata.name}_`)
        ? { done: pod }
        : { pending: `${String(others.length + (pod === undefined ? 0 : 1))} pods; "${holder}" leads` };
    },
    diagnose: () => diagnose(kube, OPERATOR_NAMESPACE),
  });
}

/**
 * Applies the exchange bundle without waiting for it.
 *
 * @param settings `path=value`, beside those of values-kind.yaml
 */
export async function applyExchange(...settings: readonly string[]): Promise<void> {
  const values = chart('exchange', 'values-kind.yaml');
  const release = ['upgrade', '--install', 'exchange', chart('exchange'), '-n', EXCHANGE.namespace];
  await helm([...release, '-f', values, ...settings.flatMap((setting) => ['--set', setting])]);
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
  for (const name of exchangeServices) await waitAvailable(kube, name);
}

function waitAvailable(kube: KubeApi, name: string): Promise<boolean> {
  return waitFor({
    what: `the ${name} service to be available`,
    deadlineMs: 180_000,
    look: async () => {
      const deployment = await kube.get(Deployments, { namespace: EXCHANGE.namespace, name });
      const wanted = deployment?.spec?.replicas ?? 1;
      const available = deployment?.status?.availableReplicas ?? 0;
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
  const pods = await listAll(kube, Pods, OPERATOR_NAMESPACE, OPERATOR_PODS);
  return pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
}

interface ReplicaSet extends KubeObject {
  readonly spec?: Pick<NonNullable<Deployment['spec']>, 'template'>;
}

const ReplicaSets: ResourceType<ReplicaSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  namespaced: true,
};

function imageOf(owner: Pick<ReplicaSet, 'spec'> | undefined): string | undefined {
  return owner?.spec?.template.spec?.containers[0]?.image;
}

/** How the names begin of pods that ran other operators than the one that is installed now. */
export async function podsOfOthers(kube: KubeApi): Promise<readonly string[]> {
  const installed = imageOf(await kube.get(Deployments, OPERATOR));
  const sets = await listAll(kube, ReplicaSets, OPERATOR_NAMESPACE, OPERATOR_PODS);
  return sets.filter((set) => imageOf(set) !== installed).map(({ metadata }) => `${metadata.name}-`);
}

export async function scaleOperator(kube: KubeApi, replicas: number): Promise<void> {
  await kube.mergePatch(Deployments, OPERATOR, { spec: { replicas } });
  await waitFor({
    what: `the operator to have ${String(replicas)} pods`,
    deadlineMs: 120_000,
    look: async () => {
      const pods = await listAll(kube, Pods, OPERATOR_NAMESPACE, OPERATOR_PODS);
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
