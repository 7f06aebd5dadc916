import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RocketMQClusters } from '../../operator/src/api/mod.ts';
import { Events, type KubeApi } from '../../operator/src/kube/mod.ts';
import { seed } from './harness/depth.ts';
import { diagnose } from './harness/diagnose.ts';
import { ensureExchange, EXCHANGE } from './harness/install.ts';
import { connect, isReady, podUids } from './harness/kube.ts';
import { membersUp } from './harness/members-up.ts';
import { Prober } from './harness/prober.ts';
import { report, seconds } from './harness/report.ts';
import { faultsOf, noFaults, startStreams, type StreamResult, type Streams } from './harness/streams.ts';
import { memberPods } from './harness/topology.ts';
import { waitFor } from './harness/wait.ts';

const SHOW = 'A changed setting';
const { namespace } = EXCHANGE;

let kube: KubeApi;
let streams: Streams | undefined;
let before: ReadonlyMap<string, string>;
let results: readonly StreamResult[];
/** The fewest members of a group that were seen up at once. */
let fewestUp = EXCHANGE.members;

beforeAll(async () => {
  kube = connect();
  const prober = await Prober.start(kube);
  await ensureExchange(kube);
  before = await podUids(kube, namespace);
  streams = await startStreams(kube, prober, `rollout-${String(seed)}`);
  const started = Date.now();
  await kube.mergePatch(RocketMQClusters, EXCHANGE, {
    spec: { brokers: { config: { flushDelayOffsetInterval: '9000' } } },
  });
  await waitFor({
    what: 'the cluster to be Ready with its new setting',
    deadlineMs: 900_000,
    look: async () => {
      fewestUp = Math.min(fewestUp, ...(await membersUp(kube, EXCHANGE)));
      const cluster = await kube.get(RocketMQClusters, EXCHANGE);
      return isReady(cluster)
        ? { done: true }
        : { pending: JSON.stringify(cluster?.status?.pendingRestart ?? []) };
    },
    diagnose: () => diagnose(kube, namespace),
  });
  report(SHOW, 'edit to Ready, 6 brokers', seconds(Date.now() - started));
  await streams.flowing(30_000);
  results = await streams.stop();
}, 1_800_000);

afterAll(() => {
  streams?.abandon();
});

describe('a changed setting of the brokers', () => {
  it('restarts every broker, and nobody else', async () => {
    const after = await podUids(kube, namespace);
    const changed = [...after].filter(([name, uid]) => before.get(name) !== uid).map(([name]) => name);
    const brokers = EXCHANGE.groups.flatMap((group) => memberPods(EXCHANGE, group));
    expect(changed.toSorted()).toEqual(brokers.toSorted());
  });

  it('hands each group over once, before its master stops', async () => {
    const handed = (await kube.list(Events, { namespace })).items
      .filter(({ reason }) => reason === 'HandedOver')
      .map(({ note }) => note?.split(':')[0] ?? '');
    expect(handed.toSorted()).toEqual(EXCHANGE.groups.toSorted());
  });

  it('never has fewer than two members of a group up', () => {
    expect(fewestUp).toBe(EXCHANGE.members - 1);
  });

  it('loses nothing that was acknowledged', () => {
    for (const { group, acknowledged, gap, verdict } of results) {
      report(
        SHOW,
        `${group}: acknowledged, repeated, largest gap`,
        `${String(acknowledged)}, ${String(verdict.repeated.length)}, ${seconds(gap?.lengthMs ?? 0)}`,
      );
      expect({ group, ...faultsOf({ verdict }) }).toEqual({ group, ...noFaults });
      expect(acknowledged).toBeGreaterThan(100);
    }
  });
});
