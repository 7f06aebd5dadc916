/** What a group does while its controllers have no leader, which its master alone does not notice. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Pods, type KubeApi } from '../../operator/src/kube/mod.ts';
import { Breakable, cutOff, healAll, waitUntil } from './harness/breakable.ts';
import { diagnose } from './harness/diagnose.ts';
import { connect } from './harness/kube.ts';
import { killContainer } from './harness/nodes.ts';
import { watchReady } from './harness/ready-watch.ts';
import { waitAcknowledged } from './harness/recovery.ts';
import { seconds } from './harness/report.ts';
import { GROUP } from './harness/small.ts';
import { noFaults } from './harness/streams.ts';
import { clusterQuestion, controllerPods } from './harness/topology.ts';
import { waitFor, waitOther } from './harness/wait.ts';

const SHOW = 'A group of 3 members, 2 in sync, and its controllers';
/** How long a majority is away. */
const LASTS_MS = 30_000;
/** For the silence of a group, of which nothing but its controllers' leader is away. */
const BAR_MS = 10_000;

let kube: KubeApi;
let cluster: Breakable;

beforeAll(async () => {
  kube = connect();
  cluster = await Breakable.create('controllers', SHOW);
}, 900_000);
beforeEach(() => cluster.startStreams(), 60_000);
afterEach(() => cluster.clear(), 180_000);
afterAll(() => cluster.delete(), 400_000);

describe('a group whose controllers lose their leader', () => {
  it.each([
    ['is asked to end', (pod: string) => kube.delete(Pods, { namespace: namespaceOf(), name: pod })],
    ['is killed', (pod: string) => killContainer(kube, { namespace: namespaceOf(), name: pod })],
  ])(
    'goes on within a bar when it %s',
    async (what, end) => {
      const leader = await leadingPod();
      const endedAt = Date.now();
      await end(leader);
      await waitOther({
        what: `another leader than ${leader}`,
        than: leader,
        now: leadingPod,
        deadlineMs: 60_000,
        everyMs: 100,
        tolerate: true,
        diagnose: () => diagnose(kube, namespaceOf()),
      });
      const title = `the leading controller ${what}`;
      cluster.say(`${title}: another one seen`, seconds(Date.now() - endedAt));
      expect(await cluster.recovers(title, endedAt)).toBeLessThan(BAR_MS);
      expect(await cluster.judge(title)).toEqual(noFaults);
    },
    400_000,
  );

  // A leader that comes back may have others elected at once, of which the masters would hear too late.
  it.each(['serves', 'ends, too'])(
    'takes no message without a majority of them while its master %s, and all of them afterwards',
    async (what) => {
      const lost = await cluster.places(controllerPods(cluster.shape).slice(0, 2));
      cluster.undo = () => healAll(lost);
      const seen = watchReady(kube, cluster.shape);
      await cutOff(lost);
      const cutAt = Date.now();
      const lastAt = await waitSilent();
      const title = `no majority, the master ${what}`;
      cluster.say(`${title}: to the last acknowledgement`, seconds(lastAt - cutAt));
      if (what !== 'serves') {
        await killContainer(kube, { namespace: namespaceOf(), name: await cluster.podWithRole('master') });
      }
      await waitUntil(cutAt + LASTS_MS);
      expect(cluster.streams.firstAckAfter(GROUP, lastAt)).toBeUndefined();
      await healAll(lost);
      const healedAt = Date.now();
      const firstAt = await waitAcknowledged(cluster.watched, cluster.streams, healedAt);
      cluster.say(`${title}: controllers back, to the first send`, seconds(firstAt - healedAt));
      await cluster.recovers(`${title}, controllers back`, healedAt);
      cluster.say(`${title}: the operator said`, seen.stop());
      expect(await cluster.judge(title)).toEqual(noFaults);
    },
    400_000,
  );
});

function namespaceOf(): string {
  return cluster.shape.namespace;
}

/** Empty while there is none. */
async function leadingPod(): Promise<string> {
  const { controllerLeader = '' } = await cluster.prober.cluster(clusterQuestion(cluster.shape));
  return controllerLeader.split('.')[0] ?? '';
}

/** @returns when the group acknowledged the last send, in epoch milliseconds */
function waitSilent(): Promise<number> {
  return waitFor({
    what: `${GROUP} to acknowledge nothing`,
    deadlineMs: 60_000,
    look: () => {
      const last = cluster.streams.acknowledgedAt(GROUP).at(-1) ?? 0;
      return Date.now() - last > 3_000 ? { done: last } : { pending: 'it does' };
    },
  });
}
