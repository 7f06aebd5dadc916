import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RocketMQClusters } from '../../operator/src/api/mod.ts';
import { Pods, type KubeApi } from '../../operator/src/kube/mod.ts';
import { instance } from './harness/children.ts';
import { condition, describeConditions } from './harness/conditions.ts';
import { seed } from './harness/depth.ts';
import { diagnose } from './harness/diagnose.ts';
import { ensureExchange, EXCHANGE } from './harness/install.ts';
import { connect, isPodReady, listAll, waitClusterReady } from './harness/kube.ts';
import { Prober } from './harness/prober.ts';
import { report, seconds } from './harness/report.ts';
import { faultsOf, noFaults, startStreams, type Streams } from './harness/streams.ts';
import { memberPods } from './harness/topology.ts';
import { waitFor } from './harness/wait.ts';

const SHOW = 'A broken image';
const BROKEN = 'registry.invalid/rocketmq:0.0.0';
const STALLED_WITHIN_MS = 60_000;
const { namespace, name } = EXCHANGE;
/** Name servers restart first, in the order of their names. */
const FIRST = `${name}-nameserver-0`;

let kube: KubeApi;
let streams: Streams | undefined;
/** What the spec said before; null takes the field away again. */
let image: string | null;
let before: ReadonlyMap<string, string>;

beforeAll(async () => {
  kube = connect();
  const prober = await Prober.start(kube);
  await ensureExchange(kube);
  const cluster = await waitClusterReady(kube, EXCHANGE, 300_000);
  image = cluster.spec.image ?? null;
  before = await images();
  streams = await startStreams(kube, prober, `image-${String(seed)}`);
}, 900_000);

afterAll(async () => {
  streams?.abandon();
  await setImage(image);
});

describe('an image that cannot be pulled', () => {
  it('is Stalled with the reason within a minute', async () => {
    const started = Date.now();
    await setImage(BROKEN);
    await waitFor({
      what: 'the cluster to be Stalled because of its image',
      deadlineMs: STALLED_WITHIN_MS + 30_000,
      everyMs: 200,
      look: async () => {
        const cluster = await kube.get(RocketMQClusters, EXCHANGE);
        const stalled = cluster && condition(cluster, 'Stalled');
        return stalled?.status === 'True' &&
          stalled.reason === 'ImageUnavailable' &&
          stalled.observedGeneration === cluster?.metadata.generation
          ? { done: true }
          : { pending: cluster === undefined ? 'no such cluster' : describeConditions(cluster) };
      },
      diagnose: () => diagnose(kube, namespace),
    });
    const tookMs = Date.now() - started;
    report(SHOW, 'edit to Stalled', seconds(tookMs));
    expect(tookMs).toBeLessThanOrEqual(STALLED_WITHIN_MS);
  }, 120_000);

  it('reaches the first member, and nobody who is evicted meanwhile', async () => {
    const [group = ''] = EXCHANGE.groups;
    for (const pod of [memberPods(EXCHANGE, group).at(-1) ?? '', `${name}-nameserver-2`]) {
      await evict(pod);
      expect((await images()).get(pod)).toBe(before.get(pod));
    }
    const broken = [...(await images())].filter(([, each]) => each === BROKEN).map(([pod]) => pod);
    expect(broken).toEqual([FIRST]);
  }, 400_000);

  it('heals with the next edit, and has lost nothing', async () => {
    const started = Date.now();
    await setImage(image);
    await waitClusterReady(kube, EXCHANGE, 300_000);
    report(SHOW, 'correction to Ready', seconds(Date.now() - started));
    expect(await images()).toEqual(before);
    await streams?.flowing(30_000);
    for (const { group, acknowledged, gap, verdict } of (await streams?.stop()) ?? []) {
      report(
        SHOW,
        `${group}: acknowledged, largest gap`,
        `${String(acknowledged)}, ${seconds(gap?.lengthMs ?? 0)}`,
      );
      expect({ group, ...faultsOf({ verdict }) }).toEqual({ group, ...noFaults });
      expect(acknowledged).toBeGreaterThan(100);
    }
  }, 400_000);
});

async function setImage(to: string | null): Promise<void> {
  await kube.mergePatch(RocketMQClusters, EXCHANGE, { spec: { image: to } });
}

/** By pod, of name servers, controllers and brokers: proxies have names of their own in each rollout. */
async function images(): Promise<ReadonlyMap<string, string>> {
  const pods = await listAll(kube, Pods, namespace, instance(name));
  return new Map(
    pods
      .filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/component'] !== 'proxy')
      .map(({ metadata, spec }) => [metadata.name, spec?.containers[0]?.image ?? '']),
  );
}

/** What an eviction comes to; returns once a new pod of the same name is ready. */
async function evict(pod: string): Promise<void> {
  const key = { namespace, name: pod };
  const uid = (await kube.get(Pods, key))?.metadata.uid;
  await kube.delete(Pods, key);
  await waitFor({
    what: `pod ${pod} to be back`,
    deadlineMs: 180_000,
    look: async () => {
      const now = await kube.get(Pods, key);
      return now !== undefined && now.metadata.uid !== uid && isPodReady(now)
        ? { done: true }
        : { pending: `${now?.status?.phase ?? 'no such pod'}, ${now?.spec?.containers[0]?.image ?? ''}` };
    },
    diagnose: () => diagnose(kube, namespace),
  });
}
