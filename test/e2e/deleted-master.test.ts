/** `kubectl delete pod`, of masters: the first thing that people try, and nothing that budgets could refuse. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Events, Pods, type KubeApi } from '../../operator/src/kube/mod.ts';
import { spreadOf } from '../bench/figures.ts';
import { byDepth, seed } from './harness/depth.ts';
import { diagnose } from './harness/diagnose.ts';
import { connect, createCluster, deleteNamespace, podUids, waitClusterReady } from './harness/kube.ts';
import { Prober } from './harness/prober.ts';
import { masterPod, waitAcknowledged } from './harness/recovery.ts';
import { report, seconds } from './harness/report.ts';
import { GROUP, smallShape, smallSpec } from './harness/small.ts';
import { faultsOf, noFaults, startStreams, type Streams } from './harness/streams.ts';
import { waitFor, yes } from './harness/wait.ts';

const SHOW = 'Masters deleted by hand, a group of 3 members';
const SHAPE = smallShape('e2e-deleted', 'deleted', 3);
const { namespace } = SHAPE;
const DELETIONS = byDepth({ quick: 3, full: 10 });

let kube: KubeApi;
let prober: Prober;
let streams: Streams | undefined;

beforeAll(async () => {
  kube = connect();
  prober = await Prober.start(kube);
  await createCluster(kube, SHAPE, smallSpec(SHAPE.members));
  streams = await startStreams(kube, prober, `deleted-${String(seed)}`, SHAPE);
}, 600_000);

afterAll(async () => {
  streams?.abandon();
  await deleteNamespace(kube, namespace);
}, 300_000);

describe('a master whose pod is deleted', () => {
  it(
    'hands over before it ends, each time, and nothing is lost',
    async () => {
      if (streams === undefined) throw new Error('no stream was started');
      const watched = { kube, prober, shape: SHAPE, group: GROUP };
      const goneMs: number[] = [];
      for (let deletion = 0; deletion < DELETIONS; deletion += 1) {
        const master = await masterPod(watched);
        const uid = (await podUids(kube, namespace)).get(master);
        const deletedAt = Date.now();
        await kube.delete(Pods, { namespace, name: master });
        await waitFor({
          what: `another ${master}`,
          deadlineMs: 60_000,
          everyMs: 100,
          look: async () => yes((await podUids(kube, namespace)).get(master) !== uid, 'the same'),
          diagnose: () => diagnose(kube, namespace),
        });
        goneMs.push(Date.now() - deletedAt);
        await waitAcknowledged(watched, streams, Date.now());
        await waitClusterReady(kube, SHAPE, 180_000);
        expect(await masterPod(watched)).not.toBe(master);
      }
      const { median, max } = spreadOf({ name: 'gone', unit: 'ms', values: goneMs });
      report(SHOW, 'deleted to gone: median, max', `${seconds(median)}, ${seconds(max)}`);

      const handed = (await kube.list(Events, { namespace })).items.filter(
        ({ reason, note }) => reason === 'HandedOver' && note?.includes('whose pod was deleted') === true,
      );
      expect(handed).toHaveLength(DELETIONS);
      const [result, ...others] = await streams.stop();
      expect(others).toEqual([]);
      if (result === undefined) throw new Error('the stream has no result');
      const { acknowledged, gap } = result;
      report(SHOW, 'acknowledged, largest gap', `${String(acknowledged)}, ${seconds(gap?.lengthMs ?? 0)}`);
      expect(faultsOf(result)).toEqual(noFaults);
      expect(acknowledged).toBeGreaterThan(100);
    },
    300_000 * DELETIONS,
  );
});
