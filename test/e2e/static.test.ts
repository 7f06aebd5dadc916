/** Fixed masters: what they refuse, what is said of it, and that nobody ever takes their place. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  RocketMQClusters,
  type RocketMQCluster,
  type RocketMQClusterInput,
} from '../../operator/src/api/mod.ts';
import { Events, Pods, type KubeApi } from '../../operator/src/kube/mod.ts';
import { brokerAddresses } from './harness/broker-addresses.ts';
import { childNames } from './harness/children.ts';
import { condition, describeConditions } from './harness/conditions.ts';
import { seed } from './harness/depth.ts';
import { diagnose } from './harness/diagnose.ts';
import { EXCHANGE } from './harness/install.ts';
import { connect, createCluster, deleteNamespace, podUids, waitClusterReady } from './harness/kube.ts';
import { killContainer } from './harness/nodes.ts';
import type { SendFacts } from './harness/probe/protocol.ts';
import { Prober } from './harness/prober.ts';
import { report, seconds } from './harness/report.ts';
import { GROUP, smallShape, smallSpec } from './harness/small.ts';
import { faultsOf, noFaults, startStreams, STREAM_TOPIC, type Streams } from './harness/streams.ts';
import { clusterQuestion, memberPods, type Shape } from './harness/topology.ts';
import { loseVolume } from './harness/volumes.ts';
import { waitFor, yes } from './harness/wait.ts';

const SHOW = 'Fixed masters';
const MEMBERS = 3;
const SHAPE: Shape = { ...smallShape('e2e-static', 'static', MEMBERS), controllers: 0 };
const { namespace } = SHAPE;
const [MASTER = '', ...REPLICAS] = memberPods(SHAPE, GROUP);
const question = clusterQuestion(SHAPE);
const fenced = 'rocketmq.gantry.dev/fenced';
/** A send that waits for replicas in vain is answered after slaveTimeout, which the operator sets to this. */
const SLAVE_TIMEOUT_MS = 2_500;
const IN_SYNC_REPLICAS_NOT_ENOUGH = 'in-sync replicas not enough';

let kube: KubeApi;
let prober: Prober;
let streams: Streams | undefined;

beforeAll(async () => {
  kube = connect();
  prober = await Prober.start(kube);
  // One RocketMQ at a time, so that the times are its own.
  await deleteNamespace(kube, EXCHANGE.namespace);
  const started = Date.now();
  await createCluster(kube, SHAPE, spec());
  report(SHOW, 'apply to Ready', seconds(Date.now() - started));
  streams = await startStreams(kube, prober, `static-${String(seed)}`, SHAPE);
}, 900_000);

afterAll(async () => {
  streams?.abandon();
  await deleteNamespace(kube, namespace);
}, 300_000);

describe('a cluster with fixed masters', () => {
  it('runs without controllers, each member under the id of its place', async () => {
    const children = await childNames(kube, SHAPE);
    expect(children.filter((name) => name.includes('controller'))).toEqual([]);
    const { of } = await brokerAddresses(kube, SHAPE);
    const ids = [MASTER, ...REPLICAS].map((pod, id) => [String(id), of(pod)]);
    expect(await registrations()).toEqual(Object.fromEntries(ids));
  });
});

describe('both replicas kept down', () => {
  it('has every send refused at once, and is told to be so', async () => {
    await annotate(REPLICAS.join(','));
    await waitFor({
      what: 'both replicas to be gone',
      deadlineMs: 120_000,
      look: async () => {
        const left = [...(await podUids(kube, namespace)).keys()].filter((pod) => REPLICAS.includes(pod));
        return yes(left.length === 0, left.join(', '));
      },
      diagnose: () => diagnose(kube, namespace),
    });
    const answers: SendFacts[] = [];
    for (let sent = 0; sent < 10; sent += 1) answers.push(await sendTo(MASTER));
    const slowest = Math.max(...answers.map(({ tookMs }) => tookMs));
    report(SHOW, '10 sends without replicas: the slowest refusal', `${String(slowest)} ms`);
    expect(new Set(answers.map(({ code, remark }) => `${String(code)} ${remark}`))).toEqual(
      new Set([`1 ${IN_SYNC_REPLICAS_NOT_ENOUGH}`]),
    );
    expect(slowest).toBeLessThan(SLAVE_TIMEOUT_MS / 2);
    const { status } = await readyMessage(/refuses every send: 1 of 3 members in sync/);
    expect(status?.groups?.[0]).toMatchObject({ master: MASTER, inSync: 1 });
  }, 240_000);

  it('takes sends again once they are back', async () => {
    const started = Date.now();
    await annotate(null);
    report(
      SHOW,
      'replicas allowed back to first acknowledged send',
      seconds(await acknowledgedAfter(started)),
    );
    const { status } = await waitClusterReady(kube, SHAPE, 180_000);
    expect(status?.groups?.[0]?.inSync).toBe(MEMBERS);
  }, 400_000);
});

describe('both replicas killed', () => {
  it('heals by itself', async () => {
    const started = Date.now();
    await Promise.all(REPLICAS.map((name) => killContainer(kube, { namespace, name })));
    await readyMessage(/refuses every send/);
    // Those that were on their way when the replicas died may still have been acknowledged.
    report(
      SHOW,
      'both replicas killed to first acknowledged send after the refusals',
      seconds(await acknowledgedAfter(Date.now(), started)),
    );
    const { status } = await waitClusterReady(kube, SHAPE, 240_000);
    expect(status?.groups?.[0]?.inSync).toBe(MEMBERS);
  }, 400_000);
});

describe('the master killed', () => {
  it('says that its group takes no writes, and nobody takes its place', async () => {
    const { of } = await brokerAddresses(kube, SHAPE);
    const master = of(MASTER);
    const started = Date.now();
    await killContainer(kube, { namespace, name: MASTER });
    const cluster = await readyMessage(/takes no writes until its master static-broker-a-0-0 is up/);
    report(SHOW, 'master killed to told', seconds(Date.now() - started));
    expect(cluster.status?.groups?.[0]).toMatchObject({ master: MASTER, inSync: 0 });
    expect(cluster.status?.masters).toBe('0/1');
    const answers = await Promise.all(REPLICAS.map((pod) => sendTo(pod)));
    expect(answers.filter(({ code }) => code === 0)).toEqual([]);

    const listed = new Set<string | undefined>();
    const acknowledgedMs = await acknowledgedAfter(Date.now(), started, async () => {
      listed.add((await registrations())['0']);
    });
    report(SHOW, 'master killed to first acknowledged send', seconds(acknowledgedMs));
    listed.delete(undefined);
    expect([...listed].filter((address) => address !== master)).toEqual([]);
    await waitClusterReady(kube, SHAPE, 240_000);
    expect(await notesOf('HandedOver')).toEqual([]);
  }, 600_000);
});

describe('a changed setting', () => {
  it('restarts the replicas, then the master, and nobody else', async () => {
    const before = await podUids(kube, namespace);
    const started = Date.now();
    await kube.mergePatch(RocketMQClusters, SHAPE, {
      spec: { brokers: { config: { flushDelayOffsetInterval: '9000' } } },
    });
    await waitClusterReady(kube, SHAPE, 600_000);
    report(SHOW, 'edit to Ready, 3 brokers', seconds(Date.now() - started));
    const after = await podUids(kube, namespace);
    const changed = [...after].filter(([name, uid]) => before.get(name) !== uid).map(([name]) => name);
    expect(changed.toSorted()).toEqual([MASTER, ...REPLICAS].toSorted());
    const restarts = (await notesOf('Restarted')).filter((note) => note.includes('flushDelayOffsetInterval'));
    expect(restarts.toSorted()).toEqual([
      `Pod ${MASTER}: ConfigChanged: flushDelayOffsetInterval; its group takes no writes until it is back`,
      ...REPLICAS.map((pod) => `Pod ${pod}: ConfigChanged: flushDelayOffsetInterval`),
    ]);
    const made = await Promise.all([...REPLICAS, MASTER].map((name) => createdAt(name)));
    expect(made.toSorted()).toEqual(made);
    expect(await notesOf('HandedOver')).toEqual([]);
    await streams?.flowing(60_000);
  }, 900_000);

  it('has lost nothing that was acknowledged, in all of this', async () => {
    for (const { group, acknowledged, gap, verdict } of (await streams?.stop()) ?? []) {
      report(
        SHOW,
        `${group}: acknowledged, repeated, largest gap`,
        `${String(acknowledged)}, ${String(verdict.repeated.length)}, ${seconds(gap?.lengthMs ?? 0)}`,
      );
      expect({ group, ...faultsOf({ verdict }) }).toEqual({ group, ...noFaults });
      expect(acknowledged).toBeGreaterThan(100);
    }
  }, 120_000);
});

describe('a master that loses its volume', () => {
  it('is closed to writes, and its replicas keep what it lacks', async () => {
    await loseVolume(kube, { namespace, name: MASTER });
    const cluster = await readyMessage(
      /^static-broker-a-[12]-0 has what its master static-broker-a-0-0 lacks/,
    );
    expect(condition(cluster, 'Stalled')).toMatchObject({ status: 'True', reason: 'Diverged' });
    await waitFor({
      what: 'the master to be closed to writes',
      deadlineMs: 30_000,
      look: async () => {
        const closed = await notesOf('Closed');
        return yes(closed.length > 0, 'no event');
      },
    });
    expect((await sendTo(MASTER)).code).not.toBe(0);
    const { of } = await brokerAddresses(kube, SHAPE);
    const [ofMaster = 0, ...ofReplicas] = await Promise.all(
      [MASTER, ...REPLICAS].map((pod) => logEndOf(of(pod))),
    );
    report(SHOW, 'bytes that replicas kept of a lost master', String(Math.min(...ofReplicas) - ofMaster));
    expect(Math.min(...ofReplicas)).toBeGreaterThan(ofMaster);
  }, 600_000);

  it('takes writes again once a person has given its replicas up', async () => {
    for (const pod of REPLICAS) await loseVolume(kube, { namespace, name: pod });
    await waitClusterReady(kube, SHAPE, 400_000);
    expect(await notesOf('Opened')).toHaveLength(1);
    await waitFor({
      what: 'a send to be acknowledged',
      deadlineMs: 60_000,
      look: async () => {
        const { code, remark } = await sendTo(MASTER);
        return yes(code === 0, `${String(code)} ${remark}`);
      },
      diagnose: () => diagnose(kube, namespace),
    });
  }, 900_000);
});

function spec(): RocketMQClusterInput {
  const { controllers: _none, brokers, ...small } = smallSpec(MEMBERS);
  // The times of the small clusters are for a machine that runs several.
  const { brokerHeartbeatInterval: _, controllerHeartBeatTimeoutMills: __, ...files } = brokers.config ?? {};
  return { ...small, brokers: { ...brokers, failover: 'Static', minInSyncReplicas: 2, config: files } };
}

/** Broker id → address, as the name server lists them. */
async function registrations(): Promise<Readonly<Record<string, string>>> {
  const { groups } = await prober.cluster(question);
  return Object.values(groups[GROUP]?.registrations ?? {})[0] ?? {};
}

/** To a member, whether it is the master or not. */
async function sendTo(pod: string): Promise<SendFacts> {
  const broker = (await brokerAddresses(kube, SHAPE)).of(pod);
  return prober.send({ broker, topic: STREAM_TOPIC, body: `probe ${String(Date.now())}`, timeoutMs: 8_000 });
}

/** Waits until the condition Ready says it. */
function readyMessage(pattern: RegExp): Promise<RocketMQCluster> {
  return waitFor({
    what: `Ready=False that says ${String(pattern)}`,
    deadlineMs: 120_000,
    everyMs: 100,
    look: async () => {
      const cluster = await kube.get(RocketMQClusters, SHAPE);
      const ready = condition(cluster, 'Ready');
      return cluster !== undefined && ready?.status === 'False' && pattern.test(ready.message)
        ? { done: cluster }
        : { pending: describeConditions(cluster) };
    },
    diagnose: () => diagnose(kube, namespace),
  });
}

/** How long after `sinceMs` the stream acknowledged its first message after `momentMs`. */
async function acknowledgedAfter(
  momentMs: number,
  sinceMs = momentMs,
  meanwhile?: () => Promise<void>,
): Promise<number> {
  const at = await waitFor({
    what: 'an acknowledged send',
    deadlineMs: 240_000,
    everyMs: 100,
    look: async () => {
      await meanwhile?.();
      const acknowledged = streams?.firstAckAfter(GROUP, momentMs);
      return acknowledged === undefined ? { pending: 'none' } : { done: acknowledged };
    },
    diagnose: () => diagnose(kube, namespace),
  });
  return at - sinceMs;
}

/** GET_BROKER_HA_STATUS: the end of a broker's commit log. */
async function logEndOf(address: string): Promise<number> {
  const answer = await prober.raw({ address, code: 907 });
  const status: {
    readonly master: boolean;
    readonly masterCommitLogMaxOffset: number;
    readonly haClientRuntimeInfo: { readonly maxOffset: number };
  } = JSON.parse(answer.body);
  return status.master ? status.masterCommitLogMaxOffset : status.haClientRuntimeInfo.maxOffset;
}

async function createdAt(name: string): Promise<string> {
  return (await kube.get(Pods, { namespace, name }))?.metadata.creationTimestamp ?? '';
}

async function notesOf(reason: string): Promise<readonly string[]> {
  const { items } = await kube.list(Events, { namespace });
  return items.filter((event) => event.reason === reason).map(({ note }) => note ?? '');
}

/** Which brokers are kept down. */
function annotate(pods: string | null): Promise<unknown> {
  return kube.mergePatch(RocketMQClusters, SHAPE, { metadata: { annotations: { [fenced]: pods } } });
}
