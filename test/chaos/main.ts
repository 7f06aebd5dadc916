/**
 * Chaos: numbered messages go in and out without a break while one fault after the other comes, then every acknowledged
 * message is accounted for. `npm run test:chaos -- --help` prints the options; that command gives it a kind cluster.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Nodes, type KubeApi } from '../../operator/src/kube/mod.ts';
import { installOperator } from '../e2e/harness/install.ts';
import { connect, waitClusterReady } from '../e2e/harness/kube.ts';
import { controlPlaneNode } from '../e2e/harness/nodes.ts';
import { seededRandom } from '../e2e/harness/random.ts';
import { largestGap } from '../e2e/harness/record/gaps.ts';
import { messageOf, waitFor } from '../e2e/harness/wait.ts';
import { CHAOS, chaosSpec, planShape } from './cluster.ts';
import { healEverything, prepare, type Injection } from './faults/inject.ts';
import { ensureLimited } from './faults/limited-volume.ts';
import type { World } from './faults/world.ts';
import { readOptions, type ChaosOptions } from './options.ts';
import { kindOf } from './plan/faults.ts';
import { planSteps, type Step } from './plan/plan.ts';
import { checkGroups } from '../traffic/record/check.ts';
import { readLanes } from '../traffic/record/lines.ts';
import { acknowledgements, outageOf } from '../traffic/record/outage.ts';
import { proveChecker } from '../traffic/record/plant.ts';
import { waitRecovered } from './recovery.ts';
import { problemsOf, renderMarkdown, type ChaosReport, type StepResult } from './report.ts';
import { raiseCluster, trafficQuestion } from '../traffic/cluster.ts';
import { Traffic } from '../traffic/traffic.ts';

const REPORT = fileURLToPath(new URL('../../docs/reports/chaos.md', import.meta.url));
/** A fault that the cluster has not got over by then fails the run. */
const RECOVERY_MS = 360_000;
const READ_BACK_MS = 600_000;
const MEBIBYTE = 1024 * 1024;

const startedAt = Date.now();
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stopping.abort(new Error(`stopped by ${signal}`));
  });
}

function say(text: string): void {
  const elapsed = String(Math.round((Date.now() - startedAt) / 1_000)).padStart(5);
  process.stderr.write(`[${elapsed} s] ${text}\n`);
}

interface NodeNames {
  readonly controlPlane: string;
  readonly workers: readonly string[];
}

async function nodesOf(kube: KubeApi): Promise<NodeNames> {
  const controlPlane = await controlPlaneNode(kube);
  const names = (await kube.list(Nodes)).items.map(({ metadata }) => metadata.name).toSorted();
  return { controlPlane, workers: names.filter((name) => name !== controlPlane) };
}

/** From an empty kind cluster, or one that an earlier run left, to traffic that flows. */
async function raise(kube: KubeApi, options: ChaosOptions, nodes: NodeNames): Promise<World> {
  const { controlPlane, workers } = nodes;
  await healEverything([controlPlane, ...workers]);
  say('installing the operator');
  await installOperator(kube);
  say('waiting for a RocketMQCluster of 2 groups × 3');
  await raiseCluster(kube, CHAOS, chaosSpec());
  // What half an hour writes is a fraction of it; a long run must not fill it by itself.
  const limitBytes = (1_024 + 12 * options.minutes) * MEBIBYTE;
  say('giving one member a size-limited volume');
  await ensureLimited(kube, limitBytes);
  await waitClusterReady(kube, CHAOS, RECOVERY_MS);
  const [worker = ''] = workers;
  const traffic = await Traffic.start(
    kube,
    { controlPlane, worker },
    trafficQuestion(CHAOS, `${String(options.seed)}-${String(startedAt)}`, options.perSecond),
  );
  await traffic.flowing(120_000);
  return { kube, traffic, controlPlane, workers, limitBytes, random: seededRandom(options.seed + 1) };
}

async function carryOut(world: World, step: Step): Promise<StepResult> {
  await sleep(step.pauseMs, undefined, { signal: stopping.signal });
  const injections: Injection[] = [];
  for (const fault of step.faults) {
    injections.push(
      await waitFor({
        what: `a target for ${fault.kind}`,
        deadlineMs: 60_000,
        tolerate: true,
        look: async () => ({ done: await prepare(world, fault) }),
      }),
    );
  }
  const labels = injections.map(({ label }) => label);
  say(`${String(step.number)}: ${labels.join(' and ')}${step.belowPromise ? ', below the promise' : ''}`);
  const times = await holdAndRecover(world, injections).catch((cause: unknown) => {
    throw new Error(`${labels.join(' and ')}: ${messageOf(cause)}`, { cause });
  });
  const { groups } = await world.traffic.progress();
  const counts = Object.entries(groups).map(
    ([group, { acknowledged }]) => `${group} ${String(acknowledged)}`,
  );
  say(
    `   recovered ${seconds(times.recoveredAt - times.endedAt)} after its end; acknowledged: ${counts.join(', ')}`,
  );
  return {
    number: step.number,
    kinds: step.faults.map((fault) => kindOf(fault)),
    labels,
    belowPromise: step.belowPromise,
    ...times,
  };
}

async function holdAndRecover(
  world: World,
  injections: readonly Injection[],
): Promise<Pick<StepResult, 'beganAt' | 'endedAt' | 'recoveredAt'>> {
  const beganAt = Date.now();
  await hold(injections);
  const endedAt = Date.now();
  const replaced = injections.flatMap((injection) => injection.replaced);
  const recoveredAt = await waitRecovered(world, endedAt, replaced, RECOVERY_MS);
  return { beganAt, endedAt, recoveredAt };
}

/** Begins all, holds them, and ends all, also when one did not begin. */
async function hold(injections: readonly Injection[]): Promise<void> {
  const holdMs = Math.max(0, ...injections.map(({ fault }) => ('holdMs' in fault ? fault.holdMs : 0)));
  try {
    for (const injection of injections) await injection.begin();
    await sleep(holdMs, undefined, { signal: stopping.signal });
  } finally {
    for (const injection of injections.toReversed()) await injection.end();
  }
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

interface Course {
  readonly steps: readonly StepResult[];
  readonly failure?: string;
}

/** One step after the other until the time is up, or one goes wrong. Leaves no fault behind. */
async function runSteps(world: World, options: ChaosOptions): Promise<Course> {
  const steps: StepResult[] = [];
  const endsAt = Date.now() + options.minutes * 60_000;
  try {
    for (const step of planSteps(options.seed, planShape(world.workers.length))) {
      if (Date.now() >= endsAt) break;
      steps.push(await carryOut(world, step));
    }
    return { steps };
  } catch (error) {
    const reason: unknown = stopping.signal.aborted ? stopping.signal.reason : error;
    say(messageOf(reason));
    return { steps, failure: messageOf(reason) };
  } finally {
    await healEverything([world.controlPlane, ...world.workers]);
  }
}

function judge(options: ChaosOptions, course: Course, record: string, trafficMs: number): ChaosReport {
  const lanes = readLanes(record);
  const times = acknowledgements(lanes);
  const steps = course.steps.map((step) => ({
    ...step,
    outages: Object.fromEntries(
      [...times].map(([group, own]) => [group, outageOf(own, step.beganAt, step.recoveredAt)]),
    ),
  }));
  const groups = checkGroups(lanes).map((verdict) => ({
    ...verdict,
    largestGap: largestGap(times.get(verdict.group) ?? []),
  }));
  return { ...head(options), ...course, steps, groups, proofs: proveChecker(lanes), trafficMs };
}

function head(options: ChaosOptions): Pick<ChaosReport, 'seed' | 'minutes' | 'date' | 'perSecond'> {
  const { seed, minutes, perSecond } = options;
  return { seed, minutes, perSecond, date: new Date().toISOString().slice(0, 10) };
}

async function chaos(options: ChaosOptions): Promise<ChaosReport> {
  say(`seed ${String(options.seed)}: --seed ${String(options.seed)} repeats the faults and their order`);
  const kube = connect();
  const world = await raise(kube, options, await nodesOf(kube));
  const flowingSince = Date.now();
  const course = await runSteps(world, options);
  stopping.signal.throwIfAborted();
  say('reading everything back');
  const trafficMs = Date.now() - flowingSince;
  try {
    return judge(options, course, await world.traffic.stop(READ_BACK_MS), trafficMs);
  } catch (error) {
    // What came first is the reason: a cluster that did not recover cannot be read back either.
    const failure = [course.failure, messageOf(error)].filter((text) => text !== undefined).join('\n');
    const steps = course.steps.map((step) => ({ ...step, outages: {} }));
    return { ...head(options), steps, groups: [], proofs: [], trafficMs, failure };
  }
}

try {
  const options = readOptions(process.argv.slice(2), startedAt);
  const report = await chaos(options);
  const markdown = renderMarkdown(report);
  writeFileSync(REPORT, markdown);
  process.stdout.write(options.output === 'json' ? `${JSON.stringify(report, undefined, 2)}\n` : markdown);
  const problems = problemsOf(report);
  for (const problem of problems) say(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
}
