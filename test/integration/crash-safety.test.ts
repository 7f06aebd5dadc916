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
import { writeReport } from '../e2e/harness/report.ts';
import { FakeNode } from '../fake-node/mod.ts';
import { prepare, runCrash, runWhole, type Crash, type CrashResult } from './crash/crash-run.ts';
import { ApiServer } from './crd-server.ts';
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

let kube: KubeClient;
let program: OperatorProgram;
let node: FakeNode;
/** What every scenario but the last comes to in the end. */
let wanted: State;
const lanes: Lane[] = [];
const findings: { readonly what: string; readonly value: string }[] = [];

function report(what: string, value: string): void {
  findings.push({ what, value });
  process.stderr.write(`[crash] ${what}: ${value}\n`);
}

beforeAll(async () => {
  const server = await ApiServer.connect();
  await server.installCrds();
  server.close();
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  kube = new KubeClient({ kubeConfig, fieldManager: 'fake-node' });
  await refuseOther();
  program = await OperatorProgram.build();
  node = await FakeNode.start(kube, run);
  lanes.push(...(await Promise.all(Array.from({ length: LANES }, (_none, index) => newLane(index)))));
  wanted = await uncut();
}, 180_000);

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

/** The state of a cluster that was made without anybody being killed. */
async function uncut(): Promise<State> {
  const [first] = lanes;
  if (first === undefined) throw new Error('no lane');
  await prepare(first, 'Present', undefined);
  return stateOf(first.kube, first.namespace, first.live);
}

describe('the operator killed at a call leaves nothing undone, twice or lost', () => {
  it('in a state that has all that was asked for', () => {
    expect(wanted.filter((line) => line.startsWith('Pod '))).toHaveLength(PODS);
    expect(wanted).toContain('RocketMQCluster c: current, Ready True ');
  });

  if (depth === 'full') {
    it.each(scenarios)(
      '$name, at every call',
      async (scenario) => {
        const crashes = await everyCall(scenario);
        const outcome = new Outcome();
        await Promise.all(lanes.map((_lane, index) => work(index, crashes, outcome)));
        outcome.tell(scenario);
        expect(outcome.failures).toEqual([]);
      },
      2 * 3_600_000,
    );
    it('and that is reported', () => {
      writeReport(SHOW, findings);
      expect(findings).toHaveLength(scenarios.length * 3);
    });
    return;
  }

  it('at calls drawn by the seed', async () => {
    report('seed of the calls drawn (GANTRY_SEED repeats them)', String(seed));
    const outcome = new Outcome();
    await Promise.all(
      scenarios.map((scenario, index) => work(index, drawn(scenario, seed + index), outcome)),
    );
    for (const scenario of scenarios) outcome.tell(scenario);
    expect(outcome.failures).toEqual([]);
  }, 240_000);
});

/** What came of the crashes. */
class Outcome {
  readonly #results: CrashResult[] = [];
  readonly failures: string[] = [];

  passed(result: CrashResult): void {
    this.#results.push(result);
    const took = `${(result.tookMs / 1_000).toFixed(1)} s`;
    process.stderr.write(`[crash] ${nameOf(result.crash)}, at ${result.at ?? 'its end'}: ${took}\n`);
  }

  failed(crash: Crash, error: unknown): void {
    this.failures.push(`${nameOf(crash)}: ${String(error)}`);
    process.stderr.write(`[crash] ${nameOf(crash)} FAILED: ${String(error)}\n`);
  }

  tell(scenario: Scenario): void {
    const own = this.#results.filter(({ crash }) => crash.scenario === scenario);
    for (const moment of MOMENTS) {
      const ran = own.filter(({ crash }) => crash.moment === moment);
      const calls = ran.map(({ crash }) => crash.call).toSorted((a, b) => a - b);
      const beyond = ran.filter(({ at }) => at === undefined).length;
      const short = beyond === 0 ? '' : ` (${beyond} had ended before that call, and were killed then)`;
      report(`${scenario.name}: killed ${words[moment]}`, `${ran.length}: ${calls.join(' ')}${short}`);
    }
  }
}

const words = { BeforeServed: 'before a call arrived', AfterServed: 'after a call was served' } as const;

function nameOf({ scenario, call, moment }: Crash): string {
  return `${scenario.name}, ${words[moment]}, ${call}`;
}

function drawn(scenario: Scenario, from: number): Crash[] {
  const random = seededRandom(from);
  const { crashes, calls } = scenario.quick;
  return Array.from({ length: crashes }, () => ({
    scenario,
    call: integerIn(random, 1, calls),
    moment: pick(random, MOMENTS),
  }));
}

/** Counts them in a run without a cut. */
async function everyCall(scenario: Scenario): Promise<Crash[]> {
  const [first] = lanes;
  if (first === undefined) throw new Error('no lane');
  await prepare(first, scenario.from, wanted);
  const calls = await runWhole(first, scenario, wanted);
  report(`${scenario.name}: calls without a cut`, `${calls.length}: ${counted(calls)}`);
  return calls.flatMap((_call, index) => MOMENTS.map((moment) => ({ scenario, call: index + 1, moment })));
}

/** `PATCH pods/status 4, POST events 9` */
function counted(calls: readonly string[]): string {
  const kinds = Map.groupBy(calls, (call) => call.replace(/\/[^/]+/, ''));
  return [...kinds].map(([kind, of]) => `${kind} ${of.length}`).join(', ');
}

/** Takes one crash after the other. A lane in which one failed is given up for a new one. */
async function work(index: number, crashes: Crash[], outcome: Outcome): Promise<void> {
  for (;;) {
    const lane = lanes[index];
    const crash = crashes.shift();
    if (lane === undefined || crash === undefined) return;
    try {
      await prepare(lane, crash.scenario.from, wanted);
      outcome.passed(await runCrash(lane, crash, wanted));
    } catch (error) {
      outcome.failed(crash, error);
      await lane.stop();
      lanes[index] = await newLane(index + LANES * outcome.failures.length);
    }
  }
}
