/**
 * Topics and Users by the thousand: all Ready after one burst, a resync of all, edits during resyncs, memory and CPU of the
 * operator, and what it is held against.
 * `npm run bench -- --help` prints the options; that command gives it a cluster.
 */
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { secretNameOf } from '../../operator/src/api/mod.ts';
import { Namespaces, Secrets, type KubeApi, type KubeClient } from '../../operator/src/kube/mod.ts';
import { forEachLimited } from '../../operator/src/objects/concurrency.ts';
import { measureApiLoop } from './api-loop.ts';
import { benchTopics, benchUsers, GROUPS } from './bench-objects.ts';
import { measureEdits } from './edits.ts';
import type { Report } from './figures.ts';
import { cpuSecondsOf, Meter, spent } from './meter.ts';
import { measureMqadmin, type MqadminRun } from './mqadmin.ts';
import { APPLIES_IN_FLIGHT, ObjectFleet, type Fleet } from './object-fleet.ts';
import {
  objectsFigures,
  type Limits,
  type Measured,
  type MeasuredBurst,
  type MeasuredEdits,
  type Quiet,
} from './objects-figures.ts';
import { sampleMemory, type MeasuredOperator } from './operator-process.ts';
import { readObjectsOptions, type ObjectsOptions } from './options.ts';
import { connect, runBenchmark, say, type Cleanup } from './program.ts';
import type { RawAnswer, RawQuestion } from './raw-loop.ts';
import { measureResync, type Bench, type Resync } from './resync.ts';
import { setStage, type Stage } from './stage.ts';

const NAMESPACE = `gantry-bench-${process.pid}`;
const BURST_TIMEOUT_MS = 300_000;
const FIRST_TIMEOUT_MS = 600_000;

async function bench(options: ObjectsOptions, cleanup: Cleanup): Promise<Report> {
  const client = connect(cleanup, 'gantry-bench');
  await client.apply(Namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  cleanup.add(async () => void (await client.delete(Namespaces, { namespace: '', name: NAMESPACE })));
  const apiLoopMs = options.operator === 'here' ? await apiLoops(options, client) : [];
  const stage = await setStage(options, client, NAMESPACE, cleanup);
  const topics = new ObjectFleet(client, NAMESPACE, benchTopics);
  const users = new ObjectFleet(client, NAMESPACE, benchUsers);
  watch([topics, users], cleanup);
  const { operator } = stage;
  const meter = new Meter(operator, stage.brokerCalls);
  const measuring: Bench = { client, namespace: NAMESPACE, operator, meter, fleets: [topics, users] };

  say('waiting for the first topic and the first user');
  await topics.burst('first', 1, FIRST_TIMEOUT_MS);
  await users.burst('first', 1, FIRST_TIMEOUT_MS);
  await removeUsers(client, users);
  say(`measuring ${operator.description} idle for ${options.idleSeconds} s`);
  const idle = await measureQuiet(operator, options.idleSeconds);
  const topicBursts = await repeated(options.runs, `applying ${options.burst} topics`, async (run) =>
    measureBurst(measuring, topics, `burst${run}`, options.burst),
  );
  const missing = options.total - topics.size;
  if (missing > 0) {
    say(`filling up to ${options.total} topics`);
    await topics.burst('rest', missing, BURST_TIMEOUT_MS);
  }
  const { userBursts, removalMs } = await measureUsers(measuring, users, options);
  const resyncs = await repeated(options.runs, 'waiting for a resync', async (): Promise<Resync> =>
    measureResync(measuring, options.resyncSeconds),
  );
  const edits = await repeated(options.runs, `${options.edits} edits of each kind`, async () =>
    measureEditing(measuring, options.edits),
  );
  say(`measuring ${operator.description} with all objects for ${options.idleSeconds} s`);
  const full = await measureQuiet(operator, options.idleSeconds);
  const measured: Measured = {
    sizes: { burst: options.burst, topics: topics.size, users: users.size },
    idle,
    topicBursts,
    userBursts,
    removalMs,
    resyncs,
    edits,
    full,
    limits: { apiLoopMs, ...(await measureLimits(options, stage)) },
  };
  return { setting: settingOf(options, stage), figures: objectsFigures(measured) };
}

function settingOf(options: ObjectsOptions, { operator, brokers, size }: Stage): Report['setting'] {
  return {
    operator: operator.description,
    brokers: `${brokers}, ${GROUPS.length} groups × ${size.members}, with access control`,
    'name servers': size.nameServers,
    'resync every': `${options.resyncSeconds} s`,
    cores: availableParallelism(),
    'load at the end': loadavg()
      .map((load) => load.toFixed(1))
      .join(', '),
    node: process.version,
  };
}

function watch(fleets: readonly Pick<ObjectFleet<never>, 'watch'>[], cleanup: Cleanup): void {
  const stop = new AbortController();
  const watching = fleets.map(async (fleet) => fleet.watch(stop.signal));
  cleanup.add(async () => {
    stop.abort(new Error('the benchmark is over'));
    await Promise.all(watching);
  });
}

async function repeated<T>(
  runs: number,
  what: string,
  measure: (run: number) => Promise<T>,
): Promise<readonly T[]> {
  const results: T[] = [];
  for (let run = 0; run < runs; run += 1) {
    say(`${what} (${run + 1} of ${runs})`);
    results.push(await measure(run));
  }
  return results;
}

/** A first one is not counted: the code of this process is not compiled yet. */
async function apiLoops({ runs, burst }: ObjectsOptions, client: KubeClient): Promise<readonly number[]> {
  const loop = async (run: number): Promise<number> =>
    measureApiLoop(client, `${NAMESPACE}-limit${run}`, burst);
  const [, ...counted] = await repeated(runs + 1, 'the API server without an operator', loop);
  return counted;
}

async function measureBurst(
  { operator, meter }: Bench,
  fleet: Fleet,
  prefix: string,
  count: number,
): Promise<MeasuredBurst> {
  const before = await meter.read();
  const { result, mebibytes } = await sampleMemory(operator, fleet.burst(prefix, count, BURST_TIMEOUT_MS));
  return {
    ...result,
    spent: spent(before, await meter.read()),
    peakMebibytes: Math.max(...mebibytes),
  };
}

/** Those of the last run stay. */
async function measureUsers(
  measuring: Bench,
  users: Fleet,
  options: ObjectsOptions,
): Promise<Pick<Measured, 'userBursts' | 'removalMs'>> {
  const removalMs: number[] = [];
  const userBursts = await repeated(options.runs, `applying ${options.users} users`, async (run) => {
    if (run > 0) removalMs.push(await removeUsers(measuring.client, users));
    return measureBurst(measuring, users, `user${run}`, options.users);
  });
  return { userBursts, removalMs };
}

/** Their Secrets as well: Kubernetes' garbage collector would do it a minute long, beside what is measured next. */
async function removeUsers(client: KubeApi, users: Fleet): Promise<number> {
  const { names } = users;
  const tookMs = await users.remove(names, BURST_TIMEOUT_MS);
  await forEachLimited(names, APPLIES_IN_FLIGHT, async (name) => {
    const secret = secretNameOf({ metadata: { name }, spec: {} });
    await client.delete(Secrets, { namespace: NAMESPACE, name: secret });
  });
  return tookMs;
}

async function measureEditing(measuring: Bench, count: number): Promise<MeasuredEdits> {
  const { operator, meter } = measuring;
  const before = await meter.read();
  const { result, mebibytes } = await sampleMemory(operator, measureEdits(measuring, count));
  return {
    ...result,
    spent: spent(before, await meter.read()),
    peakMebibytes: Math.max(...mebibytes),
  };
}

async function measureQuiet(operator: MeasuredOperator, seconds: number): Promise<Quiet> {
  const startedAt = performance.now();
  const cpuBefore = cpuSecondsOf(await operator.metrics());
  const { mebibytes } = await sampleMemory(operator, sleep(seconds * 1_000));
  const cpuSeconds = cpuSecondsOf(await operator.metrics()) - cpuBefore;
  return { mebibytes, cpuPercent: (cpuSeconds / ((performance.now() - startedAt) / 1_000)) * 100 };
}

/** The brokers keep what this makes, so it comes last. */
async function measureLimits(
  { runs, burst: count, users, mqadmin: singly }: ObjectsOptions,
  { nameServers, credentials, beside }: Stage,
): Promise<Pick<Limits, 'rawLoops' | 'mqadmin'>> {
  const rawLoops = await repeated(runs, 'a loop over the protocol', async (run): Promise<RawAnswer> => {
    const question: RawQuestion = { nameServers, credentials, prefix: `raw${run}`, topics: count, users };
    const answer: RawAnswer = JSON.parse(await beside.rawLoop(JSON.stringify(question)));
    return answer;
  });
  const { shell, folder } = beside;
  if (shell === undefined || singly === 0) return { rawLoops, mqadmin: [] };
  const mqadmin = await repeated(runs, 'mqadmin', async (run): Promise<MqadminRun> =>
    measureMqadmin(
      { shell, folder },
      { nameServers, credentials, prefix: `mqadmin${run}`, singly, listed: count },
    ),
  );
  return { rawLoops, mqadmin };
}

await runBenchmark(async (cleanup) => {
  const options = readObjectsOptions(process.argv.slice(2));
  return { report: await bench(options, cleanup), output: options.output };
});
