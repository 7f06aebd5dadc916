/**
 * Many clusters that are made at once, on one operator: how long until they are Ready when one of them is broken,
 * against when none is. The API server and the controllers of Kubernetes are real, kubelets and RocketMQ are fakes.
 * `npm run bench -- --help` prints the options; that command gives it a cluster.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeApi } from '../../operator/src/kube/mod.ts';
import { CLUSTER_DOMAIN, FakeNode, PodAddresses, RESOLVE_PODS } from '../fake-node/mod.ts';
import type { Report } from './figures.ts';
import { cases, fleetFigures, type Case, type FleetRun } from './fleet-figures.ts';
import { Fleet } from './fleet.ts';
import { sumOf } from './metrics-text.ts';
import { operatorHere, sampleMemory, type MeasuredOperator } from './operator-process.ts';
import { readFleetOptions, type FleetOptions } from './options.ts';
import { connect, runBenchmark, say, type Cleanup } from './program.ts';

const NAME = `gantry-fleet-${process.pid}`;
const CONVERGE_TIMEOUT_MS = 600_000;
/** As in the chart. */
const RESYNC_SECONDS = 120;

interface Bench {
  readonly client: KubeApi;
  readonly node: string;
  readonly addresses: PodAddresses;
  readonly operator: MeasuredOperator;
  readonly clusters: number;
}

async function bench({ clusters, rounds }: FleetOptions, cleanup: Cleanup): Promise<Report> {
  const client = connect(cleanup, 'fake-kubelet');
  const folder = await mkdtemp(join(tmpdir(), 'gantry-fleet-'));
  cleanup.add(async () => rm(folder, { recursive: true }));
  const addresses = new PodAddresses(join(folder, 'pods'));
  const node = await FakeNode.start(client, NAME);
  cleanup.add(async () => node.stop());
  const names = {
    preload: RESOLVE_PODS,
    domain: CLUSTER_DOMAIN,
    env: { POD_ADDRESSES: addresses.file },
  };
  const operator = await operatorHere({ names, resyncSeconds: RESYNC_SECONDS }, cleanup);
  const setting: Bench = { client, node: node.name, addresses, operator, clusters };

  say('a first fleet, which is not counted: the operator’s code is not compiled yet');
  await measure(setting, 'Whole', 'first');
  const measured: FleetRun[][] = [];
  for (let round = 0; round < rounds; round += 1) {
    const runs: FleetRun[] = [];
    // Back and forth, so that no case is always the one that comes after another.
    for (const each of round % 2 === 0 ? cases : cases.toReversed()) {
      say(`round ${round + 1} of ${rounds}: ${clusters} clusters, ${each}`);
      runs.push(await measure(setting, each, `${round}-${each.toLowerCase()}`));
    }
    measured.push(runs);
  }
  return {
    setting: {
      operator: operator.description,
      clusters: `${clusters}, each 1 name server, 1 controller, 1 group × 2 and 1 proxy, fake`,
      'resync every': `${RESYNC_SECONDS} s`,
      cores: availableParallelism(),
      node: process.version,
    },
    figures: fleetFigures(measured),
  };
}

async function measure(
  { client, node, addresses, operator, clusters }: Bench,
  which: Case,
  suffix: string,
): Promise<FleetRun> {
  const namespace = `${NAME}-${suffix}`;
  const fleet = await Fleet.start({ client, namespace, node, addresses, clusters, case: which });
  try {
    const before = await waits(operator);
    const { result: readyMs, mebibytes } = await sampleMemory(operator, fleet.converge(CONVERGE_TIMEOUT_MS));
    const after = await waits(operator);
    const waitedMs = ((after.seconds - before.seconds) / (after.count - before.count)) * 1_000;
    return { case: which, readyMs, waitedMs, mebibytes };
  } finally {
    await fleet.stop();
  }
}

/** How often clusters have waited for a worker, and how long altogether. */
async function waits(
  operator: MeasuredOperator,
): Promise<{ readonly count: number; readonly seconds: number }> {
  const samples = await operator.metrics();
  // A histogram with labels has no series before its first observation: then nobody has waited yet.
  const of = (what: 'count' | 'sum'): number =>
    sumOf(samples, `gantry_queue_wait_seconds_${what}`, { controller: 'cluster' }) ?? 0;
  return { count: of('count'), seconds: of('sum') };
}

await runBenchmark(async (cleanup) => {
  const options = readFleetOptions(process.argv.slice(2));
  return { report: await bench(options, cleanup), output: options.output };
});
