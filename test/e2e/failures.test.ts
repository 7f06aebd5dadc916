/** What a group does in each kind of failure that lasts, and how long it takes. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Events, PersistentVolumeClaims, Pods, type KubeApi, type Pod } from '../../operator/src/kube/mod.ts';
import { outageOf } from '../traffic/record/outage.ts';
import { fullImageName } from '../ground/versions.ts';
import { seed } from './harness/depth.ts';
import { diagnose } from './harness/diagnose.ts';
import { EXCHANGE } from './harness/install.ts';
import { connect, createCluster, deleteNamespace, listAll, waitClusterReady } from './harness/kube.ts';
import { cutBetween, cutPods, healNetwork } from './harness/node-scripts.ts';
import {
  closeNode,
  controlPlaneNode,
  findContainer,
  killContainer,
  openNode,
  runOnNode,
  setSchedulable,
  signalContainer,
  startNode,
  stopNode,
  type ContainerPlace,
} from './harness/nodes.ts';
import { leaveAlone, moveMasterTo, nodeNames } from './harness/placement.ts';
import { Prober } from './harness/prober.ts';
import { watchReady } from './harness/ready-watch.ts';
import { masterPod, waitAcknowledged, waitInSync } from './harness/recovery.ts';
import { report, seconds } from './harness/report.ts';
import { GROUP, ownTimings, smallShape, smallSpec } from './harness/small.ts';
import { faultsOf, noFaults, startStreams, type Streams } from './harness/streams.ts';
import { clusterQuestion, controllerPods } from './harness/topology.ts';
import { waitFor, yes } from './harness/wait.ts';

const SHOW = 'Failures of a group of 3 members, 2 in sync';
const NAMESPACE = 'e2e-failures';
const shape = { ...smallShape(NAMESPACE, 'failures', 3), nameServers: 2, controllers: 3 } as const;
const BAR_MS = 20_000;
/** How long what lasts is left as it is. */
const LASTS_MS = 30_000;

let kube: KubeApi;
let prober: Prober;
let streams: Streams | undefined;
let controlPlane: string;
let run = 0;
/** Undoes what a test that broke off left. */
let undo: (() => Promise<unknown>) | undefined;

/** Three nodes, so that a stopped one takes one member of each kind. */
beforeAll(async () => {
  kube = connect();
  controlPlane = await controlPlaneNode(kube);
  prober = await Prober.start(kube);
  await deleteNamespace(kube, EXCHANGE.namespace);
  const worker = (await nodeNames(kube)).find((name) => name !== controlPlane) ?? '';
  const images = ['GANTRY_OPERATOR_IMAGE', 'GANTRY_ORDER_IMAGE', 'GANTRY_ROCKETMQ_IMAGE'];
  await openNode(
    controlPlane,
    images.map((name) => fullImageName(process.env[name] ?? '')),
    worker,
  );
  await create();
}, 900_000);

beforeEach(async () => {
  run += 1;
  streams = await startStreams(kube, prober, `failures-${String(seed)}-${String(run)}`, shape);
}, 60_000);

afterEach(async () => {
  streams?.abandon();
  await undo?.();
  undo = undefined;
}, 180_000);

afterAll(async () => {
  streams?.abandon();
  await setSchedulable(await nodeNames(kube), true);
  await closeNode(controlPlane);
  await deleteNamespace(kube, NAMESPACE);
}, 400_000);

describe('a group of 3 members, 2 in sync', () => {
  it('gets another master when its own hangs, and the hung process is ended', async () => {
    const master = await masterPod(watched());
    const before = await podOf(master);
    const place = await findContainer(kube, { namespace: NAMESPACE, name: master });
    undo = () => signalContainer(place, 'CONT').catch(() => undefined);
    const seen = watchReady(kube, shape);
    const stoppedAt = Date.now();
    await signalContainer(place, 'STOP');
    // What it had let in may still be answered, and until it is missed all looks well.
    await waitOtherMaster(master);
    await recovers('a master that hangs (SIGSTOP)', stoppedAt, BAR_MS);
    report(SHOW, 'a master that hangs: the operator said', seen.stop());
    expect((await podOf(master))?.metadata.uid).not.toBe(before?.metadata.uid);
    expect(await notes('Restarted')).toContainEqual(expect.stringMatching(new RegExp(`${master}: it hangs`)));
    await lostNothing('a master that hangs');
  }, 400_000);

  // Its guard closes it before another one is elected: docs/decisions/0013-a-guard-beside-each-broker.md.
  it('gets another master when its own is cut off from the controllers, and loses nothing', async () => {
    const master = await masterPod(watched());
    const { node } = await findContainer(kube, { namespace: NAMESPACE, name: master });
    const controllers = await Promise.all(controllerPods(shape).map((name) => addressOf(name)));
    undo = () => runOnNode(node, healNetwork());
    const seen = watchReady(kube, shape);
    await runOnNode(node, cutBetween(await addressOf(master), controllers));
    const cutAt = Date.now();
    await waitOtherMaster(master);
    const electedAt = Date.now();
    const closedAt = flow()
      .acknowledgedAt(GROUP)
      .findLast((at) => at < electedAt);
    report(
      SHOW,
      'master cut off from the controllers: cut to its last acknowledgement',
      seconds((closedAt ?? cutAt) - cutAt),
    );
    expect(electedAt - (closedAt ?? cutAt)).toBeGreaterThan(1_000);
    const acknowledgedAt = await waitAcknowledged(watched(), flow(), electedAt);
    report(SHOW, 'master cut off from the controllers: cut to another master', seconds(electedAt - cutAt));
    report(SHOW, '… cut to the first send that it acknowledged', seconds(acknowledgedAt - cutAt));
    await runOnNode(node, healNetwork());
    const healedAt = Date.now();
    report(SHOW, '… healed to every member in sync', seconds((await waitInSync(watched())) - healedAt));
    await waitClusterReady(kube, shape, 180_000);
    report(SHOW, '… the operator said', seen.stop());
    await lostNothing('… a master cut off from the controllers');
  }, 400_000);

  // Their guards close the masters: a leader that comes back could have others elected, and they would not know.
  it.each(['serves', 'ends, too'])(
    'takes no message without a majority of the controllers while its master %s, and all of them afterwards',
    async (what) => {
      const lost = await places(controllerPods(shape).slice(0, 2));
      undo = () => healAll(lost);
      const seen = watchReady(kube, shape);
      await cutOff(lost);
      const cutAt = Date.now();
      const lastAt = await waitSilent();
      const title = `no majority of controllers, the master ${what}`;
      report(SHOW, `${title}: to the last acknowledgement`, seconds(lastAt - cutAt));
      if (what !== 'serves') {
        await killContainer(kube, { namespace: NAMESPACE, name: await podWithRole('master') });
      }
      await pause(cutAt + LASTS_MS);
      expect(flow().firstAckAfter(GROUP, lastAt)).toBeUndefined();
      await healAll(lost);
      const healedAt = Date.now();
      await waitAcknowledged(watched(), flow(), healedAt);
      const firstAt = flow().firstAckAfter(GROUP, healedAt) ?? Number.NaN;
      report(SHOW, `${title}: controllers back, to the first send`, seconds(firstAt - healedAt));
      await recovers('… controllers back', healedAt);
      report(SHOW, '… the operator said', seen.stop());
      await lostNothing(title);
    },
    400_000,
  );

  it('gets back a master that lost its volume as a new member, and forgets the old one', async () => {
    const master = await masterPod(watched());
    const before = await identities();
    const claim = { namespace: NAMESPACE, name: `store-${master}` };
    const volume = (await kube.get(PersistentVolumeClaims, claim))?.metadata.uid;
    const lostAt = Date.now();
    // As when its disk fails: who is asked to end may acknowledge what nobody else has (decision 11).
    await killContainer(kube, { namespace: NAMESPACE, name: master });
    // It goes once its pod has.
    await kube.delete(PersistentVolumeClaims, claim);
    await kube.delete(Pods, { namespace: NAMESPACE, name: master }, { gracePeriodSeconds: 0 });
    await recovers('a master and its volume lost', lostAt, BAR_MS);
    expect((await kube.get(PersistentVolumeClaims, claim))?.metadata.uid).not.toBe(volume);
    await waitFor({
      what: 'the old identity to be forgotten',
      deadlineMs: 60_000,
      look: async () => {
        const now = await identities();
        return yes(now.length === 3, `known: ${now.join(', ')}`);
      },
    });
    expect(await identities()).not.toEqual(before);
    await lostNothing('a master and its volume lost');
  }, 400_000);

  it('outlives a node that stops, with the master on it', async () => {
    const node = await leaveAlone(kube, controlPlane);
    await moveMasterTo(watched(), node);
    undo = () => startNode(node);
    const seen = watchReady(kube, shape);
    const stoppedAt = Date.now();
    await stopNode(node);
    await waitAcknowledged(watched(), flow(), Date.now());
    const outage = outageOf(flow().acknowledgedAt(GROUP), stoppedAt, Date.now());
    const what = 'a node stops, the master on it: longest time without an acknowledged send';
    report(SHOW, what, seconds(outage?.silenceMs ?? Number.NaN));
    expect(outage?.silenceMs).toBeLessThan(BAR_MS);
    await pause(stoppedAt + LASTS_MS);
    await startNode(node);
    undo = undefined;
    await recovers('… the node is back', Date.now());
    report(SHOW, '… the operator said', seen.stop());
    await lostNothing('a node stops');
  }, 600_000);
});

function flow(): Streams {
  if (streams === undefined) throw new Error('no stream was started');
  return streams;
}

const watched = () => ({ kube, prober, shape, group: GROUP });

/**
 * Reports for how long the group acknowledged nothing and when it was whole; returns when the cluster is Ready.
 *
 * @param sinceMs before the failure began
 */
async function recovers(what: string, sinceMs: number, barMs = Number.POSITIVE_INFINITY): Promise<void> {
  await waitAcknowledged(watched(), flow(), Date.now());
  const wholeAt = await waitInSync(watched());
  await waitClusterReady(kube, shape, 240_000);
  const silenceMs = outageOf(flow().acknowledgedAt(GROUP), sinceMs, wholeAt)?.silenceMs;
  report(SHOW, `${what}: longest time without an acknowledged send`, seconds(silenceMs ?? Number.NaN));
  report(SHOW, `${what}: to every member in sync`, seconds(wholeAt - sinceMs));
  report(SHOW, `${what}: to Ready`, seconds(Date.now() - sinceMs));
  expect(silenceMs).toBeLessThan(barMs);
}

async function lostNothing(what: string): Promise<void> {
  for (const { group, acknowledged, verdict } of await flow().stop()) {
    const counts = [acknowledged, verdict.repeated.length].map(String).join(', ');
    report(SHOW, `${what}: acknowledged, repeated`, counts);
    expect({ group, ...faultsOf({ verdict }) }).toEqual({ group, ...noFaults });
  }
}

async function create(): Promise<void> {
  const own = ownTimings(smallSpec(shape.members));
  const spec = {
    ...own,
    nameServers: { ...own.nameServers, replicas: shape.nameServers },
    controllers: { ...own.controllers, replicas: shape.controllers },
    brokers: { ...own.brokers, minInSyncReplicas: 2 },
  };
  await createCluster(kube, shape, spec);
}

async function podOf(name: string): Promise<Pod | undefined> {
  return kube.get(Pods, { namespace: NAMESPACE, name });
}

async function addressOf(name: string): Promise<string> {
  const ip = (await podOf(name))?.status?.podIP;
  if (ip === undefined) throw new Error(`${name} has no address`);
  return ip;
}

/** By the label, which needs no controllers. */
async function podWithRole(role: string): Promise<string> {
  const [pod] = await listAll(kube, Pods, NAMESPACE, `rocketmq.gantry.dev/role=${role}`);
  if (pod === undefined) throw new Error(`no pod is labelled ${role}`);
  return pod.metadata.name;
}

interface CutPlace extends ContainerPlace {
  readonly ip: string;
}

function places(names: readonly string[]): Promise<readonly CutPlace[]> {
  return Promise.all(
    names.map(async (name) => ({
      ...(await findContainer(kube, { namespace: NAMESPACE, name })),
      ip: await addressOf(name),
    })),
  );
}

/** One node can have several. */
async function cutOff(lost: readonly CutPlace[]): Promise<void> {
  for (const [node, on] of Map.groupBy(lost, (place) => place.node)) {
    await runOnNode(node, cutPods(on.map(({ ip }) => ip)));
  }
}

async function healAll(lost: readonly CutPlace[]): Promise<void> {
  for (const node of new Set(lost.map((place) => place.node))) await runOnNode(node, healNetwork());
}

async function waitOtherMaster(than: string): Promise<void> {
  await waitFor({
    what: `another master than ${than}`,
    deadlineMs: 120_000,
    everyMs: 100,
    tolerate: true,
    look: async () => {
      const now = await masterPod(watched());
      return yes(now !== than && now !== '', `it is ${now}`);
    },
    diagnose: () => diagnose(kube, NAMESPACE),
  });
}

/** @returns when the group acknowledged the last send, in epoch milliseconds */
function waitSilent(): Promise<number> {
  return waitFor({
    what: `${GROUP} to acknowledge nothing`,
    deadlineMs: 60_000,
    look: () => {
      const last = flow().acknowledgedAt(GROUP).at(-1) ?? 0;
      return Date.now() - last > 3_000 ? { done: last } : { pending: 'it does' };
    },
  });
}

async function pause(untilMs: number): Promise<void> {
  await waitFor({
    what: 'the time to pass',
    deadlineMs: untilMs - Date.now() + 5_000,
    look: () => yes(Date.now() >= untilMs, 'not yet'),
  });
}

async function notes(reason: string): Promise<readonly string[]> {
  const { items } = await kube.list(Events, { namespace: NAMESPACE });
  return items.filter((event) => event.reason === reason).map(({ note = '' }) => note);
}

/** What the controllers call the members of the group, gone ones too. */
async function identities(): Promise<readonly string[]> {
  return (await prober.cluster(clusterQuestion(shape))).groups[GROUP]?.ids ?? [];
}
