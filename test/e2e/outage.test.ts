import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RocketMQClusters } from '../../operator/src/api/mod.ts';
import { Events, Pods, type KubeApi } from '../../operator/src/kube/mod.ts';
import { instance } from './harness/children.ts';
import { byDepth, seed } from './harness/depth.ts';
import { ensureExchange, EXCHANGE } from './harness/install.ts';
import { connect, isReady, listAll, waitClusterReady } from './harness/kube.ts';
import { Prober } from './harness/prober.ts';
import { report, seconds } from './harness/report.ts';
import { faultsOf, noFaults, startStreams, type Streams } from './harness/streams.ts';
import { waitFor, yes } from './harness/wait.ts';

const SHOW = 'An outage of every member at once';
const ROUNDS = byDepth({ quick: 2, full: 5 });

let kube: KubeApi;
let prober: Prober;
let streams: Streams | undefined;

beforeAll(async () => {
  kube = connect();
  prober = await Prober.start(kube);
  await ensureExchange(kube);
}, 600_000);

afterAll(() => {
  streams?.abandon();
});

describe('an outage of every member at once', () => {
  // A master that comes back under the same epoch leaves its replicas nothing in common with it.
  it('heals by itself, without losing what was acknowledged', async () => {
    streams = await startStreams(kube, prober, `outage-${String(seed)}`);
    for (let round = 1; round <= ROUNDS; round += 1) {
      const started = Date.now();
      await killEveryPod();
      await waitClusterReady(kube, EXCHANGE, 400_000);
      await streams.flowing(60_000);
      report(SHOW, `round ${String(round)}: every pod killed to Ready`, seconds(Date.now() - started));
    }
    const rebuilt = (await kube.list(Events, { namespace: EXCHANGE.namespace })).items.filter(
      ({ reason, note }) => reason === 'Restarted' && note?.includes('made anew') === true,
    );
    report(SHOW, 'replicas that could not follow their master and were made anew', String(rebuilt.length));
    for (const { group, acknowledged, verdict } of await streams.stop()) {
      report(
        SHOW,
        `${group}: acknowledged, repeated`,
        `${String(acknowledged)}, ${String(verdict.repeated.length)}`,
      );
      expect({ group, ...faultsOf({ verdict }) }).toEqual({ group, ...noFaults });
    }
  }, 3_000_000);
});

/** As when the power fails: nobody gets to say good-bye. Returns once the cluster says that it is not Ready. */
async function killEveryPod(): Promise<void> {
  const { namespace, name } = EXCHANGE;
  const pods = await listAll(kube, Pods, namespace, instance(name));
  await Promise.all(
    pods.map(({ metadata }) =>
      kube.delete(Pods, { namespace, name: metadata.name }, { gracePeriodSeconds: 0 }),
    ),
  );
  await waitFor({
    what: 'the cluster to see it',
    deadlineMs: 30_000,
    look: async () => yes(!isReady(await kube.get(RocketMQClusters, EXCHANGE)), 'it is Ready'),
  });
}
