/**
 * A cluster that is changed at noon: under 500 messages a second it is restarted, gets another setting, goes to the
 * next version, is given an image that nobody has, and the right one again.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RocketMQClusters, type RocketMQClusterInput } from '../../operator/src/api/mod.ts';
import { Pods, toKubeTime, type KubeApi } from '../../operator/src/kube/mod.ts';
import { PER_SECOND, raiseCluster, trafficQuestion, trafficSpec } from '../traffic/cluster.ts';
import { checkGroups, isClean } from '../traffic/record/check.ts';
import { readLanes, type Lane } from '../traffic/record/lines.ts';
import { acknowledgements, outageOf } from '../traffic/record/outage.ts';
import { Traffic } from '../traffic/traffic.ts';
import { instance } from './harness/children.ts';
import { condition, describeConditions } from './harness/conditions.ts';
import { seed } from './harness/depth.ts';
import { diagnose } from './harness/diagnose.ts';
import { EXCHANGE } from './harness/install.ts';
import { connect, deleteNamespace, isReady, listAll } from './harness/kube.ts';
import { membersUp } from './harness/members-up.ts';
import { controlPlaneNode } from './harness/nodes.ts';
import { nodeNames } from './harness/placement.ts';
import { report, seconds } from './harness/report.ts';
import type { Shape } from './harness/topology.ts';
import { waitFor } from './harness/wait.ts';

const SHOW = `Changes under ${String(PER_SECOND)} messages a second`;
const LOAD = {
  namespace: 'e2e-load',
  name: 'load',
  nameServers: 3,
  controllers: 3,
  groups: ['broker-a', 'broker-b'],
  members: 3,
  proxies: 2,
} as const satisfies Shape;
const { namespace } = LOAD;
const BROKEN = 'registry.invalid/rocketmq:0.0.0';
const BAR_MS = 10_000;
const ROLL_MS = 1_200_000;

interface Phase {
  readonly what: string;
  readonly beganAt: number;
  readonly endedAt: number;
}

let kube: KubeApi;
let traffic: Traffic | undefined;
let lanes: readonly Lane[] = [];
const phases: Phase[] = [];
/** The fewest members of a group that were seen up at once. */
let fewestUp: number = LOAD.members;

const spec = (): RocketMQClusterInput => ({ ...trafficSpec(LOAD), version: '5.4.0' });

beforeAll(async () => {
  kube = connect();
  await deleteNamespace(kube, EXCHANGE.namespace);
  await raiseCluster(kube, LOAD, spec());
  const controlPlane = await controlPlaneNode(kube);
  const worker = (await nodeNames(kube)).find((name) => name !== controlPlane) ?? '';
  traffic = await Traffic.start(
    kube,
    { controlPlane, worker },
    trafficQuestion(LOAD, `load-${String(seed)}-${String(Date.now())}`),
  );
  await traffic.flowing(120_000);
}, 900_000);

afterAll(async () => {
  await Traffic.remove(kube);
  await deleteNamespace(kube, namespace);
}, 300_000);

describe('a cluster under load', () => {
  it('restarts when it is asked to', async () => {
    const moment = toKubeTime(Date.now());
    const annotations = { 'rocketmq.gantry.dev/restart-before': moment };
    const madeAfter = async (): Promise<boolean> =>
      (await listAll(kube, Pods, namespace, instance(LOAD.name))).every(
        ({ metadata }) => (metadata.creationTimestamp ?? '') >= moment,
      );
    expect(await edit('a rolling restart', { metadata: { annotations } }, { ends: madeAfter })).toBe('Ready');
  }, 1_300_000);

  it('gets another setting', async () => {
    const config = { flushDelayOffsetInterval: '9000' };
    expect(await edit('a changed setting', { spec: { brokers: { config } } })).toBe('Ready');
  }, 1_300_000);

  it('goes to the next version', async () => {
    expect(await edit('from 5.4.0 to 5.5.0', { spec: { version: '5.5.0' } })).toBe('Ready');
    expect((await kube.get(RocketMQClusters, LOAD))?.status?.version).toBe('5.5.0');
  }, 1_300_000);

  it('stops at an image that cannot be pulled, and goes on with its correction', async () => {
    const broken = { spec: { image: BROKEN } };
    const stalled = 'ImageUnavailable';
    expect(await edit('a broken image', broken, { stalls: stalled })).toBe(stalled);
    expect(await edit('its correction', { spec: { image: null } })).toBe('Ready');
  }, 1_300_000);

  it('has lost nothing, in no step and in no group', async () => {
    lanes = readLanes((await traffic?.stop(900_000)) ?? '');
    const verdicts = checkGroups(lanes);
    expect(verdicts.map(({ group }) => group)).toEqual(LOAD.groups);
    for (const verdict of verdicts) {
      const { group, acknowledged, counts, examples } = verdict;
      report(SHOW, `${group}: acknowledged, repeated`, `${String(acknowledged)}, ${String(counts.repeated)}`);
      expect({ group, isClean: isClean(verdict), examples }).toEqual({ group, isClean: true, examples: {} });
    }
    const [first, last] = [phases[0]?.beganAt ?? 0, phases.at(-1)?.endedAt ?? 0];
    const acknowledged = verdicts.reduce((sum, verdict) => sum + verdict.acknowledged, 0);
    report(SHOW, 'acknowledged a second', ((acknowledged * 1_000) / (last - first)).toFixed(0));
  }, 1_000_000);

  it('has answered all the time', () => {
    const gaps = phases.flatMap(({ what, beganAt, endedAt }) =>
      [...acknowledgements(lanes)].map(([group, times]) => {
        const silenceMs = outageOf(times, beganAt, endedAt)?.silenceMs ?? Number.POSITIVE_INFINITY;
        report(SHOW, `${what}, ${group}: largest gap`, seconds(silenceMs));
        return silenceMs;
      }),
    );
    expect(gaps).toHaveLength(phases.length * LOAD.groups.length);
    expect(Math.max(...gaps)).toBeLessThan(BAR_MS);
  });

  it('has never had fewer than two members of a group up', () => {
    report(SHOW, 'fewest members of a group up', String(fewestUp));
    expect(fewestUp).toBe(LOAD.members - 1);
  });
});

interface EditOptions {
  /** Reason for which it is to be Stalled, instead of Ready. */
  readonly stalls?: string;
  /** What must hold beside Ready. */
  readonly ends?: () => Promise<boolean>;
}

/** @returns the reason for which it is Stalled, or `Ready` */
async function edit(what: string, patch: object, { stalls, ends }: EditOptions = {}): Promise<string> {
  const beganAt = Date.now();
  await kube.mergePatch(RocketMQClusters, LOAD, patch);
  const result = await waitFor({
    what: `${what} to come to its end`,
    deadlineMs: ROLL_MS,
    look: async () => {
      fewestUp = Math.min(fewestUp, ...(await membersUp(kube, LOAD)));
      const cluster = await kube.get(RocketMQClusters, LOAD);
      if (stalls === undefined) {
        const isOver = isReady(cluster) && (ends === undefined || (await ends()));
        return isOver ? { done: 'Ready' } : { pending: describeConditions(cluster) };
      }
      const stalled = condition(cluster, 'Stalled');
      const isCurrent = stalled?.observedGeneration === cluster?.metadata.generation;
      return isCurrent && stalled?.status === 'True' && stalled.reason === stalls
        ? { done: stalls }
        : { pending: describeConditions(cluster) };
    },
    diagnose: () => diagnose(kube, namespace),
  });
  const endedAt = Date.now();
  phases.push({ what, beganAt, endedAt });
  report(SHOW, `${what}: edit to ${result}`, seconds(endedAt - beganAt));
  return result;
}
