/**
 * The operator, killed at a call, whichever it is: it starts again and brings everything to where it would have come
 * without. Real: the API server, its controllers, the operator's own process. Fake: kubelets and RocketMQ.
 *
 * Quick depth draws calls from the seed; full depth takes each one, both before it arrives and after it was served.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { KubeConfig } from '@kubernetes/client-node';
import { KubeClient, Leases } from '../../operator/src/kube/mod.ts';
import { byDepth, depth, seed } from '../e2e/harness/depth.ts';
import { integerIn, pick, seededRandom } from '../e2e/harness/random.ts';
import { finishReport, report, startReport } from '../e2e/harness/report.ts';
import { prepare, runCrash, runWhole, type Crash, type CrashResult } from './crash/crash-run.ts';
import { ApiServer } from './crd-server.ts';
import { FakeNode } from './crash/fake-node.ts';
import { Lane } from './crash/lane.ts';
import { OperatorProgram } from './crash/operator-process.ts';
import { scenarios, type Scenario } from './crash/scenarios.ts';
import { setPods } from './crash/shape.ts';
import { stateOf, type State } from './crash/state.ts';

const SHOW = 'Crash safety: every call';
const LANES = byDepth({ quick: scenarios.length, full: 8 });
const MOMENTS = ['BeforeServed', 'AfterServed'] as const;
/** Name server, controller, two brokers and a proxy. */
const PODS = setPods.length + 1;
const run = `crash-${randomUUID().slice(0, 8)}`;

interface Failure {
  readonly crash: Crash;
  readonly error: unknown;
}

let kube: KubeClient;
let program: OperatorProgram;
let node: FakeNode;
let wanted: State;
const lanes: Lane[] = [];
/** By scenario. */
const callsOf = new Map<string, number>();

beforeAll(async () => {
  const server = await ApiServer.connect();
  await server.installCrds();
  server.close();
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  kube = new KubeClient({ kubeConfig, fieldManager: 'fake-node' });
  await refuseOther();
  startReport();
  program = await OperatorProgram.build();
  node = await FakeNode.start(kube, run);
  lanes.push(...(await Promise.all(Array.from({ length: LANES }, (_none, index) => newLane(index)))));
}, 120_000);

afterAll(async () => {
  await Promise.all(lanes.map((lane) => lane.stop()));
  await node.stop();
  await program.remove();
  await kube.close();
}, 120_000);

/** Two operators at the same clusters would prove nothing. */
async function refuseOther(): Promise<void> {
  const { items } = await kube.list(Leases, { fieldSelector: 'metadata.name=gantry' });
  const held = items.find(({ spec }) => Date.now() - Date.parse(spec?.renewTime ?? '') < 30_000);
  if (held !== undefined)
    throw new Error(`an operator runs in namespace ${held.metadata.namespace ?? ''}: scale it to 0 first`);
}

function newLane(index: number): Promise<Lane> {
  return Lane.start({ name: `${run}-${index}`, node: node.name, program });
}

describe('crash safety', () => {
  it(
    'every scenario comes to its end without a cut',
    async () => {
      const [first] = lanes;
      if (first === undefined) throw new Error('no lane');
      await prepare(first, 'Absent', undefined);
      await prepare(first, 'Present', undefined);
      wanted = await stateOf(first.kube, first.namespace, first.live);
      expect(wanted.filter((line) => line.startsWith('Pod '))).toHaveLength(PODS);
      if (depth === 'quick') return;
      // A lane for each, side by side.
      await Promise.all(
        scenarios.map(async (scenario, index) => {
          const lane = lanes[index % lanes.length];
          if (lane === undefined) return;
          await prepare(lane, scenario.from, wanted);
          const calls = await runWhole(lane, scenario, wanted);
          callsOf.set(scenario.name, calls.length);
          report(SHOW, `${scenario.name}: calls without a cut`, String(calls.length));
        }),
      );
    },
    byDepth({ quick: 60_000, full: 600_000 }),
  );

  it(
    'the operator killed at a call leaves nothing undone, twice or lost',
    async () => {
      report(SHOW, 'seed of the calls drawn (GANTRY_SEED repeats them)', String(seed));
      const results: CrashResult[] = [];
      const failures: Failure[] = [];
      await Promise.all(lanes.map((_lane, index) => work(index, queueOf(index), results, failures)));
      for (const scenario of scenarios) tell(scenario, results);
      finishReport();
      expect(failures.map(({ crash, error }) => `${nameOf(crash)}: ${String(error)}`)).toEqual([]);
    },
    byDepth({ quick: 150_000, full: 4 * 3_600_000 }),
  );
});

let queue: Crash[] | undefined;

/** Full depth: one queue that all lanes take from. Quick: a scenario for each lane. */
function queueOf(index: number): Crash[] {
  if (depth === 'full') {
    queue ??= scenarios.flatMap((scenario) => crashesOf(scenario));
    return queue;
  }
  const random = seededRandom(seed + index);
  const scenario = scenarios[index];
  if (scenario === undefined) return [];
  return Array.from({ length: scenario.quick.crashes }, () => ({
    scenario,
    call: integerIn(random, 1, scenario.quick.calls),
    moment: pick(random, MOMENTS),
  }));
}

function crashesOf(scenario: Scenario): readonly Crash[] {
  const calls = Array.from({ length: callsOf.get(scenario.name) ?? 0 }, (_none, index) => index + 1);
  return calls.flatMap((call) => MOMENTS.map((moment) => ({ scenario, call, moment })));
}

/** Takes one crash after the other. A lane that has failed is left as it is; another takes its place. */
async function work(
  index: number,
  crashes: Crash[],
  results: CrashResult[],
  failures: Failure[],
): Promise<void> {
  for (;;) {
    const lane = lanes[index];
    const crash = crashes.shift();
    if (lane === undefined || crash === undefined) return;
    try {
      await prepare(lane, crash.scenario.from, wanted);
      const result = await runCrash(lane, crash, wanted);
      results.push(result);
      process.stderr.write(
        `[crash] ${nameOf(crash)} at ${result.at ?? 'its end'}: ${(result.tookMs / 1_000).toFixed(1)} s\n`,
      );
    } catch (error) {
      failures.push({ crash, error });
      process.stderr.write(`[crash] ${nameOf(crash)} FAILED: ${String(error)}\n`);
      await lane.stop();
      lanes[index] = await newLane(index + LANES * failures.length);
    }
  }
}

function nameOf({ scenario, call, moment }: Crash): string {
  return `${scenario.name}, call ${call} ${moment === 'BeforeServed' ? 'before it arrived' : 'after it was served'}`;
}

function tell(scenario: Scenario, results: readonly CrashResult[]): void {
  const own = results.filter(({ crash }) => crash.scenario === scenario);
  for (const moment of MOMENTS) {
    const ran = own.filter(({ crash }) => crash.moment === moment);
    const numbers = ran.map(({ crash }) => crash.call).toSorted((a, b) => a - b);
    const beyond = ran.filter(({ at }) => at === undefined).length;
    const text = `${numbers.length}: ${numbers.join(' ')}${beyond === 0 ? '' : ` (${beyond} had ended before that call)`}`;
    report(SHOW, `${scenario.name}: killed ${moment === 'BeforeServed' ? 'before' : 'after'} call`, text);
  }
}
