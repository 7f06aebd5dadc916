/** What a person asks for by annotation, on a real group under a stream. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RocketMQClusters, type RocketMQCluster } from '../../operator/src/api/mod.ts';
import { PersistentVolumeClaims, toKubeTime, type KubeApi } from '../../operator/src/kube/mod.ts';
import { condition, describeConditions } from './harness/conditions.ts';
import { seed } from './harness/depth.ts';
import { diagnose } from './harness/diagnose.ts';
import { connect, createCluster, deleteNamespace, podUids, waitClusterReady } from './harness/kube.ts';
import { Prober } from './harness/prober.ts';
import { masterPod, waitAcknowledged } from './harness/recovery.ts';
import { report, seconds } from './harness/report.ts';
import { GROUP, smallShape, smallSpec } from './harness/small.ts';
import { faultsOf, noFaults, startStreams, type Streams } from './harness/streams.ts';
import { memberPods } from './harness/topology.ts';
import { waitFor, yes } from './harness/wait.ts';

const SHOW = 'By annotation, a group of 3 members';
const SHAPE = smallShape('e2e-annotations', 'annotated', 3);
const { namespace } = SHAPE;
const MEMBERS = memberPods(SHAPE, GROUP);
/** Longer than a paused operator would need to begin. */
const QUIET_MS = 20_000;

let kube: KubeApi;
let prober: Prober;
let streams: Streams | undefined;

beforeAll(async () => {
  kube = connect();
  prober = await Prober.start(kube);
  await createCluster(kube, SHAPE, smallSpec(SHAPE.members));
  streams = await startStreams(kube, prober, `annotations-${String(seed)}`, SHAPE);
}, 600_000);

afterAll(async () => {
  streams?.abandon();
  await deleteNamespace(kube, namespace);
}, 300_000);

describe('a pause', () => {
  it('lets nothing happen, and a change that is taken back on the way leaves the rest alone', async () => {
    const before = await podUids(kube, namespace);
    const master = await masterPod(watched());
    await annotate({ paused: 'true' });
    await setting('9000');
    await conditionIs('Stalled', 'True', 'Paused');
    await staysFor(QUIET_MS, before);

    await annotate({ paused: null });
    await until(
      'a first member to be done',
      async () => ((await cluster()).status?.rollout?.updated ?? 0) > 0,
    );
    await setting(null);
    await waitClusterReady(kube, SHAPE, 300_000);
    const after = await podUids(kube, namespace);
    // The master would have been the last.
    expect(after.get(master)).toBe(before.get(master));
    expect(MEMBERS.filter((pod) => after.get(pod) !== before.get(pod)).length).toBeGreaterThan(0);
  }, 600_000);
});

describe('a fence', () => {
  it('keeps a master down after it has handed over, with its volume, until it is lifted', async () => {
    const master = await masterPod(watched());
    const volume = await claimOf(master);
    const askedAt = Date.now();
    await annotate({ fenced: master });
    await conditionIs('Stalled', 'True', 'Fenced');
    await until('its pod to be gone', async () => (await podUids(kube, namespace)).get(master) === undefined);
    report(SHOW, 'a master fenced: asked to its pod gone', seconds(Date.now() - askedAt));
    expect(await masterPod(watched())).not.toBe(master);
    const [group] = (await cluster()).status?.groups ?? [];
    expect(group?.members.find(({ name }) => name === master)).toMatchObject({ fenced: true, ready: false });
    await waitAcknowledged(watched(), flow(), Date.now());

    await annotate({ fenced: null });
    await waitClusterReady(kube, SHAPE, 300_000);
    expect(await claimOf(master)).toBe(volume);
  }, 600_000);
});

describe('a rebuild', () => {
  it('makes the volume of a master anew, once, after it has handed over', async () => {
    const master = await masterPod(watched());
    const volume = await claimOf(master);
    const askedAt = Date.now();
    await annotate({ rebuild: `${master}@${toKubeTime(askedAt)}` });
    await until('another volume', async () => {
      const now = await claimOf(master);
      return now !== undefined && now !== volume;
    });
    await waitClusterReady(kube, SHAPE, 300_000);
    report(SHOW, 'a master rebuilt: asked to Ready', seconds(Date.now() - askedAt));
    expect(await masterPod(watched())).not.toBe(master);
    const again = await claimOf(master);
    await staysFor(QUIET_MS, await podUids(kube, namespace));
    expect(await claimOf(master)).toBe(again);
    await annotate({ rebuild: null });
  }, 600_000);
});

it('nothing that was acknowledged is lost by any of it', async () => {
  for (const { group, acknowledged, gap, verdict } of await flow().stop()) {
    report(SHOW, 'acknowledged, largest gap', `${String(acknowledged)}, ${seconds(gap?.lengthMs ?? 0)}`);
    expect({ group, ...faultsOf({ verdict }) }).toEqual({ group, ...noFaults });
    expect(acknowledged).toBeGreaterThan(100);
  }
}, 180_000);

const watched = () => ({ kube, prober, shape: SHAPE, group: GROUP });

function flow(): Streams {
  if (streams === undefined) throw new Error('no stream was started');
  return streams;
}

async function cluster(): Promise<RocketMQCluster> {
  const found = await kube.get(RocketMQClusters, SHAPE);
  if (found === undefined) throw new Error('the cluster is gone');
  return found;
}

/** null takes one away. */
async function annotate(asked: Readonly<Record<string, string | null>>): Promise<void> {
  const annotations = Object.fromEntries(
    Object.entries(asked).map(([name, value]) => [`rocketmq.gantry.dev/${name}`, value]),
  );
  await kube.mergePatch(RocketMQClusters, SHAPE, { metadata: { annotations } });
}

/** One that every broker restarts for. */
async function setting(value: string | null): Promise<void> {
  await kube.mergePatch(RocketMQClusters, SHAPE, {
    spec: { brokers: { config: { flushDelayOffsetInterval: value } } },
  });
}

async function claimOf(pod: string): Promise<string | undefined> {
  return (await kube.get(PersistentVolumeClaims, { namespace, name: `store-${pod}` }))?.metadata.uid;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  await waitFor({
    what,
    deadlineMs: 180_000,
    look: async () => yes(await holds(), describeConditions(await cluster())),
    diagnose: () => diagnose(kube, namespace),
  });
}

async function conditionIs(type: string, status: 'True' | 'False', reason: string): Promise<void> {
  await until(`${type} to be ${status} ${reason}`, async () => {
    const found = condition(await cluster(), type);
    return found?.status === status && found.reason === reason;
  });
}

/** No pod goes, and none comes. */
async function staysFor(ms: number, pods: ReadonlyMap<string, string>): Promise<void> {
  const end = Date.now() + ms;
  await until(`${seconds(ms)} without a restart`, async () => {
    expect(await podUids(kube, namespace)).toEqual(pods);
    return Date.now() >= end;
  });
}
