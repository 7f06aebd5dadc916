/** What a group does in each kind of failure that lasts, and how long it takes. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PersistentVolumeClaims, Pods, type KubeApi } from '../../operator/src/kube/mod.ts';
import { outageOf } from '../traffic/record/outage.ts';
import { fullImageName } from '../ground/versions.ts';
import { BAR_MS, Breakable, waitUntil } from './harness/breakable.ts';
import { EXCHANGE } from './harness/install.ts';
import { connect, deleteNamespace, waitClusterReady } from './harness/kube.ts';
import { cutBetween, healNetwork } from './harness/node-scripts.ts';
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
} from './harness/nodes.ts';
import { leaveAlone, moveMasterTo, nodeNames } from './harness/placement.ts';
import { watchReady } from './harness/ready-watch.ts';
import { masterPod, waitAcknowledged, waitInSync, waitOtherMaster } from './harness/recovery.ts';
import { seconds } from './harness/report.ts';
import { GROUP } from './harness/small.ts';
import { noFaults } from './harness/streams.ts';
import { clusterQuestion, controllerPods } from './harness/topology.ts';
import { waitFor, yes } from './harness/wait.ts';

const SHOW = 'Failures of a group of 3 members, 2 in sync';
/** How long what lasts is left as it is. */
const LASTS_MS = 30_000;

let kube: KubeApi;
let controlPlane: string;
let cluster: Breakable;
let namespace: string;

/** Three nodes, so that a stopped one takes one member of each kind. */
beforeAll(async () => {
  kube = connect();
  controlPlane = await controlPlaneNode(kube);
  cluster = await Breakable.create('failures', SHOW, async () => {
    await deleteNamespace(kube, EXCHANGE.namespace);
    const worker = (await nodeNames(kube)).find((name) => name !== controlPlane) ?? '';
    const images = ['GANTRY_OPERATOR_IMAGE', 'GANTRY_ORDER_IMAGE', 'GANTRY_ROCKETMQ_IMAGE'];
    await openNode(
      controlPlane,
      images.map((name) => fullImageName(process.env[name] ?? '')),
      worker,
    );
  });
  ({ namespace } = cluster.shape);
}, 900_000);

beforeEach(() => cluster.startStreams(), 60_000);
afterEach(() => cluster.clear(), 180_000);

afterAll(async () => {
  await setSchedulable(await nodeNames(kube), true);
  await closeNode(controlPlane);
  await cluster.delete();
}, 400_000);

describe('a group of 3 members, 2 in sync', () => {
  it('gets another master when its own hangs, and the hung process is ended', async () => {
    const master = await masterPod(cluster.watched);
    const place = await findContainer(kube, { namespace, name: master });
    cluster.undo = () => signalContainer(place, 'CONT').catch(() => undefined);
    const seen = watchReady(kube, cluster.shape);
    const stoppedAt = Date.now();
    await signalContainer(place, 'STOP');
    // What it had let in may still be answered, and until it is missed all looks well.
    await waitOtherMaster(cluster.watched, master);
    expect(await cluster.recovers('a master that hangs (SIGSTOP)', stoppedAt)).toBeLessThan(BAR_MS);
    cluster.say('a master that hangs: the operator said', seen.stop());
    // By its guard, or by the operator where that one cannot.
    const ended = await findContainer(kube, { namespace, name: master });
    expect(ended.id).not.toBe(place.id);
    expect(await cluster.judge('a master that hangs')).toEqual(noFaults);
  }, 400_000);

  // Its guard closes it before another one is elected: docs/decisions/0013-a-guard-beside-each-broker.md.
  it('gets another master when its own is cut off from the controllers, and loses nothing', async () => {
    const master = await masterPod(cluster.watched);
    const { node } = await findContainer(kube, { namespace, name: master });
    const controllers = await Promise.all(
      controllerPods(cluster.shape).map((name) => cluster.addressOf(name)),
    );
    cluster.undo = () => runOnNode(node, healNetwork());
    const seen = watchReady(kube, cluster.shape);
    await runOnNode(node, cutBetween(await cluster.addressOf(master), controllers));
    const cutAt = Date.now();
    await waitOtherMaster(cluster.watched, master);
    const electedAt = Date.now();
    const closedAt = cluster.streams.acknowledgedAt(GROUP).findLast((at) => at < electedAt);
    cluster.say(
      'master cut off from the controllers: cut to its last acknowledgement',
      seconds((closedAt ?? cutAt) - cutAt),
    );
    expect(electedAt - (closedAt ?? cutAt)).toBeGreaterThan(1_000);
    const acknowledgedAt = await waitAcknowledged(cluster.watched, cluster.streams, electedAt);
    cluster.say('master cut off from the controllers: cut to another master', seconds(electedAt - cutAt));
    cluster.say('… cut to the first send that it acknowledged', seconds(acknowledgedAt - cutAt));
    await runOnNode(node, healNetwork());
    const healedAt = Date.now();
    cluster.say('… healed to every member in sync', seconds((await waitInSync(cluster.watched)) - healedAt));
    await waitClusterReady(kube, cluster.shape, 180_000);
    cluster.say('… the operator said', seen.stop());
    expect(await cluster.judge('… a master cut off from the controllers')).toEqual(noFaults);
  }, 400_000);

  it('gets back a master that lost its volume as a new member, and forgets the old one', async () => {
    const master = await masterPod(cluster.watched);
    const before = await identities();
    const claim = { namespace, name: `store-${master}` };
    const volume = (await kube.get(PersistentVolumeClaims, claim))?.metadata.uid;
    const lostAt = Date.now();
    // As when its disk fails: who is asked to end may acknowledge what nobody else has (decision 11).
    await killContainer(kube, { namespace, name: master });
    // It goes once its pod has.
    await kube.delete(PersistentVolumeClaims, claim);
    await kube.delete(Pods, { namespace, name: master }, { gracePeriodSeconds: 0 });
    await waitOtherMaster(cluster.watched, master);
    expect(await cluster.recovers('a master and its volume lost', lostAt)).toBeLessThan(BAR_MS);
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
    expect(await cluster.judge('a master and its volume lost')).toEqual(noFaults);
  }, 400_000);

  it('outlives a node that stops, with the master on it', async () => {
    const node = await leaveAlone(kube, controlPlane);
    await moveMasterTo(cluster.watched, node);
    cluster.undo = () => startNode(node);
    const seen = watchReady(kube, cluster.shape);
    const stoppedAt = Date.now();
    await stopNode(node);
    await waitAcknowledged(cluster.watched, cluster.streams, Date.now());
    const outage = outageOf(cluster.streams.acknowledgedAt(GROUP), stoppedAt, Date.now());
    const what = 'a node stops, the master on it: longest time without an acknowledged send';
    cluster.say(what, seconds(outage?.silenceMs ?? Number.NaN));
    expect(outage?.silenceMs).toBeLessThan(BAR_MS);
    await waitUntil(stoppedAt + LASTS_MS);
    await startNode(node);
    cluster.undo = undefined;
    await cluster.recovers('… the node is back', Date.now());
    cluster.say('… the operator said', seen.stop());
    expect(await cluster.judge('a node stops')).toEqual(noFaults);
  }, 600_000);
});

/** What the controllers call the members of the group, gone ones too. */
async function identities(): Promise<readonly string[]> {
  const { prober, shape } = cluster;
  return (await prober.cluster(clusterQuestion(shape))).groups[GROUP]?.ids ?? [];
}
