/** One crash: a scenario in a lane, the operator killed at one call, and what came of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { RocketMQClusters } from '../../../operator/src/api/mod.ts';
import { PersistentVolumeClaims } from '../../../operator/src/kube/mod.ts';
import type { Lane } from './lane.ts';
import type { Scenario } from './scenarios.ts';
import { placeOf } from './shape.ts';
import {
  claimUids,
  clusterKey,
  differences,
  remains,
  stateOf,
  undeleted,
  unready,
  type State,
} from './state.ts';
import type { Moment } from './tripwire.ts';

const CONVERGE_MS = 150_000;
const LOOK_MS = 150;
/** Without a call for so long the operator has done what it had to. */
const QUIET_MS = 1_500;

export interface Crash {
  readonly scenario: Scenario;
  readonly call: number;
  readonly moment: Moment;
}

export interface CrashResult {
  readonly crash: Crash;
  /** The call that was cut; absent: it had ended with fewer, and was killed then. */
  readonly at: string | undefined;
  readonly tookMs: number;
}

/** Runs a scenario to its end without a cut. @returns its calls */
export async function runWhole(
  lane: Lane,
  scenario: Scenario,
  wanted: State | undefined,
): Promise<readonly string[]> {
  const before = await remember(lane);
  void lane.tripwire.arm(Number.POSITIVE_INFINITY, 'BeforeServed');
  await scenario.begin(lane);
  await converged(lane, scenario, wanted, before);
  await quiet(lane);
  await check(lane, scenario, before);
  return lane.tripwire.calls;
}

/** @throws Error when the second operator does not bring the lane to the state that it would have come to */
export async function runCrash(lane: Lane, crash: Crash, wanted: State): Promise<CrashResult> {
  const { scenario } = crash;
  const begun = performance.now();
  const before = await remember(lane);
  let isCut = false;
  const cut = lane.tripwire.arm(crash.call, crash.moment).then(() => (isCut = true));
  await scenario.begin(lane);
  const ended = converged(lane, scenario, wanted, before, () => isCut).then(() => quiet(lane, () => isCut));
  await Promise.race([cut, ended]);
  await lane.killOperator();
  const at = isCut ? lane.tripwire.calls[crash.call - 1] : undefined;
  await ended;
  await lane.startOperator();
  await converged(lane, scenario, wanted, before);
  await check(lane, scenario, before);
  return { crash, at, tookMs: performance.now() - begun };
}

/** Takes the lane to where the scenario begins. */
export async function prepare(lane: Lane, from: Scenario['from'], wanted: State | undefined): Promise<void> {
  const isThere = (await lane.kube.get(RocketMQClusters, clusterKey(lane.namespace))) !== undefined;
  if (from === 'Absent' || !isThere) {
    await lane.delete();
    await until(lane, async () => remains(lane.kube, lane.namespace));
    await clear(lane);
  }
  if (from === 'Absent') return;
  if (!isThere) await lane.create();
  await until(lane, async () => unlike(lane, wanted));
  await quiet(lane);
}

/** Away with the volumes, which outlive their cluster; they go when no pod uses them any more. */
async function clear(lane: Lane): Promise<void> {
  const { kube, namespace } = lane;
  for (const name of (await claimUids(kube, namespace)).keys()) {
    await kube.delete(PersistentVolumeClaims, { namespace, name });
  }
  await until(lane, async () => [...(await claimUids(kube, namespace)).keys()]);
  lane.forget();
}

interface Before {
  readonly claims: ReadonlyMap<string, string>;
  readonly started: number;
}

async function remember(lane: Lane): Promise<Before> {
  return { claims: await claimUids(lane.kube, lane.namespace), started: lane.kubelet.started.length };
}

async function converged(
  lane: Lane,
  scenario: Scenario,
  wanted: State | undefined,
  before: Before,
  giveUp?: () => boolean,
): Promise<void> {
  await until(
    lane,
    async () => {
      if (scenario.to === 'Deleted') return undeleted(lane.kube, lane.namespace);
      const missing = scenario.makes.filter((pod) => !made(lane, before).includes(pod));
      if (missing.length > 0) return missing.map((pod) => `${pod} was not made yet`);
      return unlike(lane, wanted);
    },
    giveUp,
  );
}

async function unlike(lane: Lane, wanted: State | undefined): Promise<readonly string[]> {
  const state = await stateOf(lane.kube, lane.namespace, lane.live);
  if (wanted !== undefined) return differences(state, wanted);
  // The first time nobody knows what it will be, only what it is not yet.
  return state.some((line) => line.startsWith('RocketMQCluster')) ? unready(state) : ['no cluster'];
}

/** Nothing is there twice or lost: pods made once, volumes the same, every acknowledged message on the master. */
async function check(lane: Lane, scenario: Scenario, before: Before): Promise<void> {
  lane.checkOperator();
  const claims = await claimUids(lane.kube, lane.namespace);
  const lost = [...before.claims].filter(([name, uid]) => claims.get(name) !== uid);
  const pods = made(lane, before).toSorted();
  const problems = [
    ...lost.map(([name]) => `claim ${name} is lost, or another one`),
    ...(JSON.stringify(pods) === JSON.stringify(scenario.makes.toSorted())
      ? []
      : [`pods made: ${pods.join(', ')}; expected: ${scenario.makes.join(', ')}`]),
    ...lane.live.losses.splice(0),
  ];
  if (problems.length > 0) throw new Error([...problems, ...lastWords(lane)].join('\n'));
}

function made(lane: Lane, before: Before): readonly string[] {
  return lane.kubelet.started.slice(before.started).map(placeOf);
}

/** @param missing what is not as it should be; nothing: it is done */
async function until(
  lane: Lane,
  missing: () => Promise<readonly string[]>,
  giveUp: () => boolean = () => false,
): Promise<void> {
  const endsAt = performance.now() + CONVERGE_MS;
  for (;;) {
    const left = await missing();
    if (left.length === 0 || giveUp()) return;
    lane.checkOperator();
    if (performance.now() > endsAt) {
      throw new Error([`not there after ${CONVERGE_MS / 1_000} s:`, ...left, ...lastWords(lane)].join('\n'));
    }
    await sleep(LOOK_MS);
  }
}

/** What explains a failure. */
function lastWords(lane: Lane): readonly string[] {
  return [
    'the kubelet’s last words:',
    ...lane.kubelet.history.slice(-20),
    'the operator’s last words:',
    ...lane.operatorLog.slice(-30),
  ];
}

async function quiet(lane: Lane, giveUp: () => boolean = () => false): Promise<void> {
  let calls = -1;
  let since = performance.now();
  while (performance.now() - since < QUIET_MS && !giveUp()) {
    if (lane.tripwire.calls.length !== calls) {
      calls = lane.tripwire.calls.length;
      since = performance.now();
    }
    await sleep(50);
  }
}
