/** Access control is switched on for a cluster that runs, under traffic. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RocketMQClusters, Topics } from '../../operator/src/api/mod.ts';
import { Secrets, toSecretData, type KubeApi } from '../../operator/src/kube/mod.ts';
import { anonymous, declareUser, isRefused } from './harness/access.ts';
import { seed } from './harness/depth.ts';
import { diagnose } from './harness/diagnose.ts';
import { EXCHANGE } from './harness/install.ts';
import {
  connect,
  createCluster,
  deleteNamespace,
  intent,
  waitClusterReady,
  waitReady,
} from './harness/kube.ts';
import { READER } from './harness/probe/pull.ts';
import type { Signer } from './harness/probe/remoting.ts';
import { Prober } from './harness/prober.ts';
import { report, seconds } from './harness/report.ts';
import { GROUP, smallShape, smallSpec } from './harness/small.ts';
import { faultsOf, noFaults, startStreams, STREAM_TOPIC, type Streams } from './harness/streams.ts';
import type { Shape } from './harness/topology.ts';
import { waitFor, yes } from './harness/wait.ts';

const SHOW = 'Access control, switched on';
const RUNNING: Shape = smallShape('e2e-access', 'running', 3);

let kube: KubeApi;
let prober: Prober;
let streams: Streams | undefined;

beforeAll(async () => {
  kube = connect();
  prober = await Prober.start(kube);
  // One RocketMQ at a time.
  await deleteNamespace(kube, EXCHANGE.namespace);
}, 600_000);

afterAll(async () => {
  streams?.abandon();
  await deleteNamespace(kube, RUNNING.namespace);
}, 600_000);

describe('access control on a cluster that runs', () => {
  const stream: Signer = { accessKey: 'stream', secretKey: `of-the-stream-${String(seed)}` };

  it('comes under traffic that loses nothing, as soon as the users are there', async () => {
    await createCluster(kube, RUNNING, smallSpec(3));
    await giveSecret('stream-credentials', stream.secretKey);
    await declareUser(kube, RUNNING, stream.accessKey, {
      credentials: 'Given',
      secretName: 'stream-credentials',
      policies: [
        { resource: `Topic:${STREAM_TOPIC}`, actions: ['Pub', 'Sub'] },
        { resource: `Group:${READER}`, actions: ['Sub'] },
      ],
    });
    streams = await startStreams(kube, prober, `access-${String(seed)}`, RUNNING, stream);
    await streams.flowing(30_000);
    const started = Date.now();
    await kube.mergePatch(RocketMQClusters, RUNNING, { spec: { security: { acl: { enabled: true } } } });
    await waitFor({
      what: 'every broker and the proxy to refuse a request that nobody signed',
      deadlineMs: 1_200_000,
      // Those that restart do not answer.
      tolerate: true,
      look: async () => {
        const open = (await anonymous(kube, prober, RUNNING)).filter((answer) => !isRefused(answer));
        return yes(open.length === 0, open.map(({ code, remark }) => `${String(code)} ${remark}`).join('; '));
      },
      diagnose: () => diagnose(kube, RUNNING.namespace),
    });
    await waitClusterReady(kube, RUNNING, 600_000);
    report(SHOW, 'switched on to every request checked, 3 members', seconds(Date.now() - started));
    await streams.flowing(60_000);
    const [result] = await streams.stop();
    streams = undefined;
    if (result === undefined) throw new Error('no stream');
    const { acknowledged, gap, verdict } = result;
    report(
      SHOW,
      'acknowledged, repeated meanwhile',
      `${String(acknowledged)}, ${String(verdict.repeated.length)}`,
    );
    report(SHOW, 'largest gap between acknowledged messages', seconds(gap?.lengthMs ?? 0));
    expect(acknowledged).toBeGreaterThan(100);
    expect(faultsOf(result)).toEqual(noFaults);
  }, 2_400_000);

  it('leaves the operator in charge', async () => {
    const key = { namespace: RUNNING.namespace, name: 'orders' };
    await kube.apply(Topics, intent(Topics, key, { spec: { clusterRef: { name: RUNNING.name } } }));
    const topic = await waitReady(kube, Topics, key, 60_000);
    expect(topic.status?.groups).toEqual([GROUP]);
  }, 400_000);

  async function giveSecret(name: string, secretKey: string): Promise<void> {
    const { namespace } = RUNNING;
    const labels = { 'rocketmq.gantry.dev/credentials': 'user' };
    const data = { secretKey: toSecretData(secretKey) };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace, labels }, data };
    await kube.create(Secrets, secret);
  }
});
