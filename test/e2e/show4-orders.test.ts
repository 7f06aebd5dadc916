import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RocketMQClusters } from '../../operator/src/api/mod.ts';
import type { KubeApi } from '../../operator/src/kube/mod.ts';
import { brokerAddresses } from './harness/broker-addresses.ts';
import { byDepth, seed } from './harness/depth.ts';
import { diagnose } from './harness/diagnose.ts';
import { ensureExchange, EXCHANGE } from './harness/install.ts';
import { connect, waitClusterReady } from './harness/kube.ts';
import { killContainer } from './harness/nodes.ts';
import {
  appliedRows,
  commitSleeps,
  countMatches,
  killOrderService,
  lawsBroken,
  normalCommits,
  parkedMessages,
  slowCommitOf,
  storedOrders,
} from './harness/orders.ts';
import { Prober } from './harness/prober.ts';
import type { LoadLine } from './harness/probe/protocol.ts';
import { effectOf, largestGap } from './harness/record/gaps.ts';
import { checkRecord, type OrderRecord } from './harness/record/record.ts';
import { report, seconds } from './harness/report.ts';
import { clusterQuestion } from './harness/topology.ts';
import { messageOf, waitFor, yes } from './harness/wait.ts';

const SHOW = 'Show 4: orders from end to end';
const { namespace } = EXCHANGE;
const TOPIC = 'order-topic';
const GROUP = 'order-consumer';

const USERS = Array.from({ length: 50 }, (_none, index) => String(1001 + index));
const ORDERS_PER_USER = byDepth({ quick: 16, full: 40 });
const ORDERS = USERS.length * ORDERS_PER_USER;
const RUN = `e2e${String(seed)}`;
/** Every tenth user posts from two streams at once: their overlapping orders have no order among each other. */
const STREAMS = Object.fromEntries(USERS.filter((_user, index) => index % 10 === 0).map((user) => [user, 2]));
/** A user with one stream, in the middle of whose sequence one transaction is orphaned. */
const ORPHAN = `${RUN}-1008-${String(ORDERS_PER_USER / 2)}`;
/** Longer than it takes to look on a busy machine. */
const COMMIT_SLEEPS_SECONDS = 20;

type Fault = 'order service killed' | 'orphan forced' | 'broker master killed';

let kube: KubeApi;
let prober: Prober;
const record: OrderRecord[] = [];
const failures: string[] = [];
const faults: { readonly fault: Fault; readonly at: number }[] = [];
const mark = (fault: Fault): void => {
  faults.push({ fault, at: Date.now() });
};

beforeAll(async () => {
  kube = connect();
  prober = await Prober.start(kube);
  await ensureExchange(kube);
}, 600_000);

afterAll(async () => {
  await normalCommits(namespace);
}, 60_000);

describe('Show 4: orders from end to end', () => {
  it('acknowledges every order although services and a broker master are killed', async () => {
    const started = Date.now();
    await normalCommits(namespace);
    await slowCommitOf(namespace, ORPHAN, COMMIT_SLEEPS_SECONDS);
    const loading = prober.load(
      {
        url: `http://order.${namespace}.svc:8080`,
        assetUrl: `http://asset.${namespace}.svc:8080`,
        users: USERS,
        ordersPerUser: ORDERS_PER_USER,
        streamsPerUser: STREAMS,
        run: RUN,
        attemptTimeoutMs: 8_000,
        giveUpMs: 300_000,
      },
      take,
    );
    // Both to their end, whatever fails: a load that goes on would spoil the tests after this one.
    const outcomes = await Promise.allSettled([loading, breakThings()]);
    const took = Date.now() - started;
    report(SHOW, 'orders posted by 50 users', `${String(record.length)} in ${seconds(took)}`);
    expect(outcomes.flatMap((one) => (one.status === 'rejected' ? [messageOf(one.reason)] : []))).toEqual([]);
    expect(record).toHaveLength(ORDERS);
    expect(record.filter((order) => order.ackedAt === undefined)).toEqual([]);
    expect(faults.map(({ fault }) => fault).toSorted()).toEqual([
      'broker master killed',
      'order service killed',
      'order service killed',
      'order service killed',
      'orphan forced',
    ]);
  }, 900_000);

  it('applies every acknowledged order exactly once, each user’s in order', async () => {
    const started = Date.now();
    let parkedMost = 0;
    await waitFor({
      what: 'all orders to be applied',
      deadlineMs: 300_000,
      everyMs: 1_000,
      tolerate: true,
      look: async () => {
        const parked = await parkedMessages(namespace);
        parkedMost = Math.max(parkedMost, parked);
        const rows = await appliedRows(namespace, RUN);
        // What became of the orders comes in the same sequences, and may still be under way.
        return yes(
          rows.length >= ORDERS && parked === 0,
          `${String(rows.length)} of ${String(ORDERS)} applied, ${String(parked)} parked`,
        );
      },
      diagnose: () => diagnose(kube, namespace),
    });
    report(SHOW, 'last acknowledgement to all applied', seconds(Date.now() - started));
    report(SHOW, 'messages parked behind the orphan, at most', String(parkedMost));
    expect(checkRecord(record, await appliedRows(namespace, RUN))).toEqual([]);
    const stored = await storedOrders(namespace, RUN);
    expect(stored).toHaveLength(ORDERS);
    expect(new Set(stored)).toEqual(new Set(record.map((order) => order.clientOrderId)));
  }, 400_000);

  it('matches and settles them: every law of orders, matches and balances holds in the end', async () => {
    const started = Date.now();
    await waitFor({
      what: 'nothing to be under way, and every law to hold',
      deadlineMs: 300_000,
      everyMs: 2_000,
      tolerate: true,
      look: async () => {
        const broken = await lawsBroken(namespace);
        return yes(broken.length === 0, broken.join('\n'));
      },
      diagnose: () => diagnose(kube, namespace),
    });
    const matches = await countMatches(namespace);
    report(SHOW, 'matches / applied to all settled', `${String(matches)} / ${seconds(Date.now() - started)}`);
    expect(matches).toBeGreaterThan(ORDERS / 10);
  }, 400_000);

  it('leaves nothing unconsumed, by the brokers’ own offsets', async () => {
    await waitClusterReady(kube, EXCHANGE, 180_000);
    const messages = await waitFor({
      what: `the committed offsets of ${GROUP} to reach the end of every queue`,
      deadlineMs: 120_000,
      everyMs: 1_000,
      tolerate: true, // a master may be changing
      look: async () => {
        const brokers = await masters();
        const { queues } = await prober.offsets({ brokers, topic: TOPIC, group: GROUP });
        const behind = queues.filter((queue) => queue.maxOffset > 0 && queue.committed !== queue.maxOffset);
        const stored = queues.reduce((sum, queue) => sum + queue.maxOffset, 0);
        return behind.length === 0 ? { done: stored } : { pending: JSON.stringify(behind) };
      },
      diagnose: () => diagnose(kube, namespace),
    });
    report(SHOW, 'messages in the topic, resent ones included', String(messages));
    expect(messages).toBeGreaterThanOrEqual(ORDERS);
  }, 400_000);

  it('reports for how long sends failed', () => {
    const acks = record.flatMap((order) => order.ackedAt ?? []);
    const gap = largestGap(acks);
    report(SHOW, 'largest gap between acknowledged orders', seconds(gap?.lengthMs ?? 0));
    report(SHOW, 'orders that needed a retry', String(record.filter((order) => order.attempts > 1).length));
    for (const { fault, at } of faults) {
      const effect = effectOf(record, at, 2_000);
      const first = effect.firstAckMs === undefined ? 'none after it' : seconds(effect.firstAckMs);
      report(
        SHOW,
        `${fault}: next acknowledgement after / slowest order / retried orders`,
        `${first} / ${seconds(effect.slowestOrderMs)} / ${String(effect.retriedOrders)}`,
      );
    }
    report(SHOW, 'kinds of failed attempts', [...new Set(failures)].slice(0, 8).join('; '));
    expect(gap).toBeDefined();
  });
});

function take(line: LoadLine): void {
  if (line.type !== 'order') return;
  const { type: _type, failure, ...order } = line;
  record.push(order);
  if (failure !== undefined) failures.push(failure.replaceAll(/\d+/g, 'N').slice(0, 120));
}

/** Faults at shares of the acknowledged orders; the orphan when its COMMIT comes. */
async function breakThings(): Promise<void> {
  const killAt = async (share: number): Promise<void> => {
    await after(share);
    mark('order service killed');
    await killOrderService(kube, namespace);
  };
  await Promise.all([
    (async () => {
      await killAt(0.15);
      await killAt(0.75);
      await killAt(0.9);
    })(),
    killMaster(after(0.3)),
    forceOrphan(),
  ]);
}

function after(share: number): Promise<unknown> {
  return waitFor({
    what: `${String(share * 100)} % of the orders`,
    deadlineMs: 600_000,
    everyMs: 50,
    look: () => yes(record.length >= share * ORDERS, `${String(record.length)} acknowledged`),
    diagnose: () => diagnose(kube, namespace),
  });
}

async function killMaster(when: Promise<unknown>): Promise<void> {
  await when;
  const master = await waitFor({
    what: 'both groups to have a master',
    deadlineMs: 120_000,
    tolerate: true,
    look: async () => ({ done: (await masters())[0] ?? '' }),
    diagnose: () => diagnose(kube, namespace),
  });
  mark('broker master killed');
  const { podOf } = await brokerAddresses(kube, EXCHANGE);
  await killContainer(kube, { namespace, name: podOf(master) });
}

async function forceOrphan(): Promise<void> {
  await waitFor({
    what: `the COMMIT of ${ORPHAN}`,
    deadlineMs: 600_000,
    everyMs: 200,
    tolerate: true,
    look: async () => yes(await commitSleeps(namespace), 'no COMMIT sleeps'),
  });
  mark('orphan forced');
  await killOrderService(kube, namespace);
}

async function masters(): Promise<readonly string[]> {
  const cluster = await kube.get(RocketMQClusters, EXCHANGE);
  if (cluster === undefined) throw new Error('the cluster is gone');
  const facts = await prober.cluster(clusterQuestion(EXCHANGE));
  const addresses = EXCHANGE.groups.flatMap((group) => facts.groups[group]?.masterAddress ?? []);
  if (addresses.length < EXCHANGE.groups.length) {
    throw new Error(`a group has no master: ${JSON.stringify(facts)}`);
  }
  return addresses;
}
