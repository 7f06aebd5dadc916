/**
 * Topics by the thousand: all Ready after one burst, a resync of all, memory and CPU of the operator.
 * `npm run bench -- --help` prints the options; that command gives it a cluster.
 */
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RocketMQClusters } from '../../operator/src/api/mod.ts';
import { isTrue, Namespaces, type KubeClient } from '../../operator/src/kube/mod.ts';
import { allowNoPods } from '../e2e/harness/no-pods.ts';
import { FakeCluster } from '../fakes/mod.ts';
import { benchCluster, CLUSTER, GROUPS } from './bench-objects.ts';
import type { Figure, Report } from './figures.ts';
import { sumOf, type Sample } from './metrics-text.ts';
import { operatorHere, operatorPod, type MeasuredOperator } from './operator-process.ts';
import { readTopicsOptions, type TopicsOptions } from './options.ts';
import { connect, runBenchmark, say, type Cleanup } from './program.ts';
import { TopicFleet } from './topic-fleet.ts';

const NAMESPACE = `gantry-bench-${process.pid}`;
const MEBIBYTE = 1024 * 1024;
const BURST_TIMEOUT_MS = 300_000;
const CLUSTER_TIMEOUT_MS = 600_000;

const inSeconds = (values: readonly number[]): readonly number[] => values.map((ms) => ms / 1_000);

async function bench(options: TopicsOptions, cleanup: Cleanup): Promise<Report> {
  const client = connect(cleanup, 'gantry-bench');
  await client.apply(Namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  cleanup.add(async () => void (await client.delete(Namespaces, { namespace: '', name: NAMESPACE })));
  const operator = await startOperator(options, client, cleanup);
  const stop = new AbortController();
  const fleet = new TopicFleet(client, NAMESPACE);
  const watching = fleet.watch(stop.signal);
  cleanup.add(async () => {
    stop.abort(new Error('the benchmark is over'));
    await watching;
  });

  say('waiting for the first topic');
  await fleet.apply('first', 1, CLUSTER_TIMEOUT_MS);
  say(`measuring ${operator.description} idle for ${options.idleSeconds} s`);
  const idle = await measureQuiet(operator, options.idleSeconds);
  const bursts = [];
  for (let run = 0; run < options.runs; run += 1) {
    say(`applying ${options.burst} topics (${run + 1} of ${options.runs})`);
    bursts.push(await fleet.apply(`burst${run}`, options.burst, BURST_TIMEOUT_MS));
  }
  const missing = options.total - fleet.size;
  if (missing > 0) {
    say(`filling up to ${options.total} topics`);
    await fleet.apply('rest', missing, BURST_TIMEOUT_MS);
  }
  const resyncs = [];
  for (let run = 0; run < options.runs; run += 1) {
    say(`waiting for a resync of ${fleet.size} topics (${run + 1} of ${options.runs})`);
    resyncs.push(await measureResync(operator, fleet, options.resyncSeconds));
  }
  const full = await measureQuiet(operator, options.idleSeconds);
  const figures: readonly Figure[] = [
    {
      name: `${options.burst} topics applied at once → all Ready`,
      unit: 's',
      bar: 10,
      values: inSeconds(bursts.map(({ readyMs }) => readyMs)),
    },
    {
      name: 'of that, until the API server had them all',
      unit: 's',
      values: inSeconds(bursts.map(({ appliedMs }) => appliedMs)),
    },
    {
      name: `resync of ${fleet.size} topics`,
      unit: 's',
      bar: 10,
      values: resyncs.map(({ seconds: took }) => took),
    },
    { name: 'CPU of a resync', unit: 's', values: resyncs.map(({ cpuSeconds }) => cpuSeconds) },
    {
      name: 'requests to RocketMQ in a resync',
      unit: 'calls',
      values: resyncs.map(({ requests }) => requests),
    },
    {
      name: 'topics written by a resync',
      unit: 'objects',
      bar: 0,
      values: resyncs.map(({ writes }) => writes),
    },
    { name: 'anonymous memory, idle', unit: 'MiB', bar: 64, values: idle.mebibytes },
    { name: `anonymous memory at ${fleet.size} topics`, unit: 'MiB', bar: 128, values: full.mebibytes },
    { name: 'CPU idle', unit: '% of a core', values: [idle.cpuPercent] },
    { name: `CPU at ${fleet.size} topics, resyncs included`, unit: '% of a core', values: [full.cpuPercent] },
  ];
  return { setting: settingOf(options, operator), figures };
}

function settingOf(options: TopicsOptions, operator: MeasuredOperator): Report['setting'] {
  return {
    operator: operator.description,
    brokers: options.operator === 'pod' ? 'real, 2 groups × 1' : 'fake, 2 groups × 3',
    'name servers': options.operator === 'pod' ? 1 : 3,
    'resync every': `${options.resyncSeconds} s`,
    cores: availableParallelism(),
    node: process.version,
  };
}

async function startOperator(
  options: TopicsOptions,
  client: KubeClient,
  cleanup: Cleanup,
): Promise<MeasuredOperator> {
  if (options.operator === 'here') return startHere(options, client, cleanup);
  await client.apply(RocketMQClusters, benchCluster(NAMESPACE, 'small'));
  cleanup.add(
    async () => void (await client.delete(RocketMQClusters, { namespace: NAMESPACE, name: CLUSTER })),
  );
  say('waiting for a RocketMQCluster of the benchmark’s own');
  await clusterIsReady(client);
  return operatorPod(options.operatorNamespace);
}

async function clusterIsReady(client: KubeClient): Promise<void> {
  const endsAt = performance.now() + CLUSTER_TIMEOUT_MS;
  for (;;) {
    const cluster = await client.get(RocketMQClusters, { namespace: NAMESPACE, name: CLUSTER });
    if (isTrue(cluster?.status?.conditions, 'Ready')) return;
    if (performance.now() > endsAt) {
      throw new Error(`the cluster is not Ready: ${JSON.stringify(cluster?.status?.conditions)}`);
    }
    await sleep(1_000);
  }
}

/** The operator's bundle as a process, with fake servers where its cluster's pods would be. */
async function startHere(
  options: TopicsOptions,
  client: KubeClient,
  cleanup: Cleanup,
): Promise<MeasuredOperator> {
  const fakes = await FakeCluster.start({
    cluster: CLUSTER,
    groups: GROUPS,
    replicas: 3,
    nameServers: 3,
    controllers: 3,
    endpointOf: (role, index) =>
      role === 'nameserver'
        ? { host: `127.77.1.${index + 1}`, port: 9_876 }
        : { host: `127.77.2.${index + 1}`, port: 9_878 },
  });
  cleanup.add(async () => fakes.stop());
  // The real servers would only take the machine's time.
  await allowNoPods(client, NAMESPACE);
  await client.apply(RocketMQClusters, benchCluster(NAMESPACE, 'full'));
  const names = {
    preload: fileURLToPath(new URL('resolve-fakes.mjs', import.meta.url)),
    domain: 'bench.invalid',
  };
  return operatorHere({ names, resyncSeconds: options.resyncSeconds }, cleanup);
}

interface Quiet {
  /** One sample a second. */
  readonly mebibytes: readonly number[];
  readonly cpuPercent: number;
}

async function measureQuiet(operator: MeasuredOperator, seconds: number): Promise<Quiet> {
  const startedAt = performance.now();
  const cpuBefore = cpuSecondsOf(await operator.metrics());
  const mebibytes: number[] = [];
  for (let second = 0; second < seconds; second += 1) {
    await sleep(1_000);
    mebibytes.push((await operator.anonymousBytes()) / MEBIBYTE);
  }
  const cpuSeconds = cpuSecondsOf(await operator.metrics()) - cpuBefore;
  return { mebibytes, cpuPercent: (cpuSeconds / ((performance.now() - startedAt) / 1_000)) * 100 };
}

interface Resync {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly requests: number;
  readonly writes: number;
}

/** The next pass that compares the whole fleet, by the operator's own clock and counters. */
async function measureResync(
  operator: MeasuredOperator,
  fleet: TopicFleet,
  everySeconds: number,
): Promise<Resync> {
  const versions = await fleet.versions();
  const before = await operator.metrics();
  const endsAt = performance.now() + everySeconds * 3_000;
  for (;;) {
    await sleep(500);
    const after = await operator.metrics();
    const grown = (name: string): number => (topicSum(after, name) ?? 0) - (topicSum(before, name) ?? 0);
    if (
      grown('gantry_object_pass_objects_sum') >= fleet.size &&
      grown('gantry_object_pass_seconds_count') > 0
    ) {
      const later = await fleet.versions();
      const writes = [...later].filter(([name, version]) => versions.get(name) !== version).length;
      return {
        seconds: grown('gantry_object_pass_seconds_sum') / grown('gantry_object_pass_seconds_count'),
        cpuSeconds: cpuSecondsOf(after) - cpuSecondsOf(before),
        requests: grown('gantry_object_requests_total'),
        writes,
      };
    }
    if (performance.now() > endsAt)
      throw new Error(`no resync of ${fleet.size} topics within ${everySeconds * 3} s`);
  }
}

function topicSum(samples: readonly Sample[], name: string): number | undefined {
  return sumOf(samples, name, { kind: 'topics' });
}

function cpuSecondsOf(samples: readonly Sample[]): number {
  const seconds = sumOf(samples, 'process_cpu_seconds_total');
  if (seconds === undefined) throw new Error('the operator does not tell its CPU time');
  return seconds;
}

await runBenchmark(async (cleanup) => {
  const options = readTopicsOptions(process.argv.slice(2));
  return { report: await bench(options, cleanup), output: options.output };
});
