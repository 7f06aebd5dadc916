/** The operator that is measured, with a cluster of servers to work on: fakes beside a process here, or pods. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RocketMQClusters } from '../../operator/src/api/mod.ts';
import { nameServerAddresses } from '../../operator/src/cluster/addresses.ts';
import {
  credentialsSecretName,
  readCredentials,
} from '../../operator/src/cluster/resources/credentials-secret.ts';
import { isTrue, Secrets, type KubeClient } from '../../operator/src/kube/mod.ts';
import { requestCodes } from '../../operator/src/rocketmq/codes.ts';
import type { Credentials } from '../../operator/src/rocketmq/mod.ts';
import { allowNoPods } from '../e2e/harness/no-pods.ts';
import { FakeCluster } from '../fakes/mod.ts';
import { imageNames } from '../ground/versions.ts';
import { benchCluster, CLUSTER, fullSize, GROUPS, smallSize, type ClusterSize } from './bench-objects.ts';
import { besideFakes, besidePods, type Beside } from './beside.ts';
import type { Counts } from './meter.ts';
import { operatorHere, operatorPod, type MeasuredOperator } from './operator-process.ts';
import type { ObjectsOptions } from './options.ts';
import { say, type Cleanup } from './program.ts';

const CLUSTER_TIMEOUT_MS = 600_000;
const CLUSTER_DOMAIN = 'cluster.local';

export interface Stage {
  readonly operator: MeasuredOperator;
  /** Of the brokers, for the report. */
  readonly brokers: string;
  readonly size: ClusterSize;
  /** Requests that all brokers got since their start; empty where they do not tell. */
  readonly brokerCalls: () => Counts;
  readonly nameServers: readonly string[];
  /** By which the operator, and whoever may do everything, signs its requests. */
  readonly credentials: Credentials;
  readonly beside: Beside;
}

export async function setStage(
  options: ObjectsOptions,
  client: KubeClient,
  namespace: string,
  cleanup: Cleanup,
): Promise<Stage> {
  return options.operator === 'here'
    ? stageHere(options, client, namespace, cleanup)
    : stageInPods(options, client, namespace, cleanup);
}

async function stageInPods(
  { operatorNamespace }: ObjectsOptions,
  client: KubeClient,
  namespace: string,
  cleanup: Cleanup,
): Promise<Stage> {
  await client.apply(RocketMQClusters, benchCluster(namespace, smallSize));
  cleanup.add(async () => void (await client.delete(RocketMQClusters, { namespace, name: CLUSTER })));
  say('waiting for a RocketMQCluster of the benchmark’s own');
  await clusterIsReady(client, namespace);
  return {
    operator: await operatorPod(operatorNamespace),
    brokers: 'real',
    size: smallSize,
    brokerCalls: () => new Map(),
    nameServers: nameServerAddresses(
      { namespace, name: CLUSTER, domain: CLUSTER_DOMAIN },
      smallSize.nameServers,
    ),
    credentials: await innerCredentials(client, namespace),
    beside: await besidePods(client, namespace, imageNames.rocketmq('5.5.0')),
  };
}

async function clusterIsReady(client: KubeClient, namespace: string): Promise<void> {
  const endsAt = performance.now() + CLUSTER_TIMEOUT_MS;
  for (;;) {
    const cluster = await client.get(RocketMQClusters, { namespace, name: CLUSTER });
    if (isTrue(cluster?.status?.conditions, 'Ready')) return;
    if (performance.now() > endsAt) {
      throw new Error(`the cluster is not Ready: ${JSON.stringify(cluster?.status?.conditions)}`);
    }
    await sleep(1_000);
  }
}

/** The operator's bundle as a process, with fake servers where its cluster's pods would be. */
async function stageHere(
  { resyncSeconds, rocketmqHome }: ObjectsOptions,
  client: KubeClient,
  namespace: string,
  cleanup: Cleanup,
): Promise<Stage> {
  // The real servers would only take the machine's time.
  await allowNoPods(client, namespace);
  await client.apply(RocketMQClusters, benchCluster(namespace, fullSize));
  const names = {
    preload: fileURLToPath(new URL('resolve-fakes.mjs', import.meta.url)),
    domain: 'bench.invalid',
  };
  const operator = await operatorHere({ names, resyncSeconds }, cleanup);
  const credentials = await innerCredentials(client, namespace);
  const fakes = await FakeCluster.start({
    cluster: CLUSTER,
    groups: GROUPS,
    replicas: fullSize.members,
    nameServers: fullSize.nameServers,
    controllers: fullSize.controllers,
    access: { innerCredentials: credentials, enforced: true },
    endpointOf: (role, index) => ({ host: `127.77.${blocks[role]}.${index + 1}`, port: ports[role] }),
  });
  cleanup.add(async () => fakes.stop());
  return {
    operator,
    brokers: 'fake',
    size: fullSize,
    brokerCalls: () => callsOfBrokers(fakes),
    nameServers: fakes.nameServerAddresses,
    credentials,
    beside: await besideFakes(rocketmqHome, cleanup),
  };
}

/** As resolve-fakes.mjs has them. */
const blocks = { nameserver: 1, controller: 2, broker: 3 } as const;
const ports = { nameserver: 9_876, controller: 9_878, broker: 10_911 } as const;

function callsOfBrokers(fakes: FakeCluster): Counts {
  return new Map(
    Object.entries(requestCodes).map(([name, code]) => [name, fakes.calls('brokers', code)] as const),
  );
}

/** The operator makes them before anything else of a cluster. */
async function innerCredentials(client: KubeClient, namespace: string): Promise<Credentials> {
  const key = { namespace, name: credentialsSecretName({ name: CLUSTER }) };
  const endsAt = performance.now() + CLUSTER_TIMEOUT_MS;
  for (;;) {
    const credentials = readCredentials(await client.get(Secrets, key));
    if (credentials !== undefined) return credentials;
    if (performance.now() > endsAt) throw new Error(`the operator made no Secret ${key.name}`);
    await sleep(200);
  }
}
