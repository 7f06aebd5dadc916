import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Events, Pods, type KubeApi } from '../../operator/src/kube/mod.ts';
import { instance } from './harness/children.ts';
import { seed } from './harness/depth.ts';
import { ensureExchange, EXCHANGE, OPERATOR_NAMESPACE } from './harness/install.ts';
import { connect, deleteNamespace, listAll, waitClusterReady } from './harness/kube.ts';
import { closeNode, controlPlaneNode, drain, openNode, setSchedulable } from './harness/nodes.ts';
import { nodeNames } from './harness/placement.ts';
import { Prober } from './harness/prober.ts';
import { report, seconds } from './harness/report.ts';
import { faultsOf, noFaults, startStreams, type Streams } from './harness/streams.ts';
import { memberPods } from './harness/topology.ts';
import { fullImageName } from '../ground/versions.ts';

const SHOW = 'Every node drained';
const { namespace } = EXCHANGE;

let kube: KubeApi;
let prober: Prober;
let streams: Streams | undefined;
let controlPlane: string;

/** Three nodes, so that the members of a group are on one each: their volumes cannot move. */
beforeAll(async () => {
  kube = connect();
  controlPlane = await controlPlaneNode(kube);
  prober = await Prober.start(kube);
  await ensureExchange(kube);
  const pods = [
    ...(await listAll(kube, Pods, namespace)),
    ...(await listAll(kube, Pods, OPERATOR_NAMESPACE)),
  ];
  const images = new Set(pods.flatMap(({ spec }) => spec?.containers.map(({ image }) => image ?? '') ?? []));
  const worker = pods.find(({ spec }) => spec?.nodeName !== controlPlane)?.spec?.nodeName ?? '';
  await deleteNamespace(kube, namespace);
  await openNode(
    controlPlane,
    [...images].map((image) => fullImageName(image)),
    worker,
  );
  await ensureExchange(kube);
}, 1_200_000);

afterAll(async () => {
  streams?.abandon();
  await setSchedulable(await nodeNames(kube), true);
  await closeNode(controlPlane);
  // Volumes on the node that is closed now would keep the next file's pods from it.
  await deleteNamespace(kube, namespace);
}, 400_000);

describe('a drain of every node in turn', () => {
  it('finds the members of a group on as many nodes', async () => {
    const at = new Map(
      (await listAll(kube, Pods, namespace, instance(EXCHANGE.name))).map(({ metadata, spec }) => [
        metadata.name,
        spec?.nodeName,
      ]),
    );
    for (const group of EXCHANGE.groups) {
      expect(new Set(memberPods(EXCHANGE, group).map((name) => at.get(name))).size).toBe(EXCHANGE.members);
    }
  });

  it('passes unaided and loses nothing', async () => {
    streams = await startStreams(kube, prober, `drain-${String(seed)}`);
    for (const node of await nodeNames(kube)) {
      const started = Date.now();
      await drain(node, 300_000);
      report(SHOW, `${node}: cordon to empty`, seconds(Date.now() - started));
      await streams.flowing(30_000);
      await setSchedulable([node], true);
      await waitClusterReady(kube, EXCHANGE, 300_000);
    }
    const handed = (await kube.list(Events, { namespace })).items.filter(
      ({ reason, note }) => reason === 'HandedOver' && note?.includes('emptied') === true,
    );
    report(SHOW, 'hand-overs', String(handed.length));
    // Each group's master was on one of the nodes.
    expect(handed.length).toBeGreaterThanOrEqual(EXCHANGE.groups.length);
    for (const { group, acknowledged, gap, verdict } of await streams.stop()) {
      report(
        SHOW,
        `${group}: acknowledged, repeated, largest gap`,
        `${String(acknowledged)}, ${String(verdict.repeated.length)}, ${seconds(gap?.lengthMs ?? 0)}`,
      );
      expect({ group, ...faultsOf({ verdict }) }).toEqual({ group, ...noFaults });
    }
  }, 2_400_000);
});
