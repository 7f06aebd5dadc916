/** A real step from one version to the next: nothing is lost, neither messages nor what brokers keep beside them. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ConsumerGroups,
  RocketMQClusters,
  Topics,
  type RocketMQCluster,
  type RocketMQClusterInput,
} from '../../operator/src/api/mod.ts';
import { Pods, type KubeApi } from '../../operator/src/kube/mod.ts';
import { brokerAddresses } from './harness/broker-addresses.ts';
import { instance } from './harness/children.ts';
import { condition, describeConditions } from './harness/conditions.ts';
import { seed } from './harness/depth.ts';
import { diagnose } from './harness/diagnose.ts';
import {
  connect,
  createCluster,
  deleteNamespace,
  intent,
  isReady,
  listAll,
  podUids,
  waitClusterReady,
  waitReady,
} from './harness/kube.ts';
import type { Commit, MetadataFacts } from './harness/probe/protocol.ts';
import { Prober } from './harness/prober.ts';
import { report, seconds } from './harness/report.ts';
import { GROUP, smallSpec } from './harness/small.ts';
import { faultsOf, noFaults, startStreams, type StreamResult, type Streams } from './harness/streams.ts';
import { clusterQuestion, memberPods, type Shape } from './harness/topology.ts';
import { waitFor } from './harness/wait.ts';

const SHOW = 'From 5.4.0 to 5.5.0';
const CLUSTER: Shape = {
  namespace: 'e2e-upgrade',
  name: 'upgrade',
  nameServers: 3,
  controllers: 3,
  groups: [GROUP],
  members: 3,
  proxies: 1,
};
const { namespace } = CLUSTER;
const ROLL_MS = 1_200_000;

const TOPICS = { 'upgrade-normal': 'Normal', 'upgrade-fifo': 'FIFO', 'upgrade-delay': 'Delay' } as const;
const READERS = { 'upgrade-reader': false, 'upgrade-ordered': true } as const;
const QUEUES = 4;

function specOf(version: '5.4.0' | '5.5.0'): RocketMQClusterInput {
  const small = smallSpec(CLUSTER.members);
  return {
    ...small,
    version,
    nameServers: { ...small.nameServers, replicas: CLUSTER.nameServers },
    controllers: { ...small.controllers, replicas: 3 },
  };
}

/** Another offset for each group and queue; none is 0, which RocketMQ takes for never committed. */
function commits(from: number): readonly Commit[] {
  return Object.keys(TOPICS).flatMap((topic, t) =>
    Object.keys(READERS).flatMap((group, g) =>
      Array.from({ length: QUEUES }, (_none, queueId) => ({
        topic,
        group,
        queueId,
        offset: from + t * 20 + g * 10 + queueId,
      })),
    ),
  );
}

/** As the probe tells offsets. */
function tableOf(committed: readonly Commit[]): Readonly<Record<string, string>> {
  const table: Record<string, string[]> = {};
  for (const { topic, group, queueId, offset } of committed) {
    (table[`${topic}@${group}`] ??= []).push(`${String(queueId)}=${String(offset)}`);
  }
  return Object.fromEntries(Object.entries(table).map(([key, queues]) => [key, queues.join(' ')]));
}

/** What a member lacks of what was there before. Empty: nothing. */
function lacks(member: MetadataFacts, before: MetadataFacts, offsets: ReturnType<typeof tableOf>): unknown {
  return {
    topics: before.topics.filter((name) => !member.topics.includes(name)),
    groups: before.groups.filter((name) => !member.groups.includes(name)),
    offsets: Object.entries(offsets).filter(([key, queues]) => member.offsets[key] !== queues),
  };
}

const nothing = { topics: [], groups: [], offsets: [] };

let kube: KubeApi;
let prober: Prober;
let streams: Streams | undefined;
let results: readonly StreamResult[];
let former: Readonly<Record<string, MetadataFacts>>;
let upgraded: Readonly<Record<string, MetadataFacts>>;
/** The cluster when it was Ready with the new version. */
let cluster: RocketMQCluster | undefined;
/** The fewest members that were seen up at once. */
let fewestUp = CLUSTER.members;
/** Every version that a member was said to run, together with another one. */
const mixed = new Set<string>();
const early = commits(11);
const late = commits(1_011);

/** Of each member, by pod. */
async function allMetadata(): Promise<Readonly<Record<string, MetadataFacts>>> {
  const addresses = await brokerAddresses(kube, CLUSTER);
  const brokers = memberPods(CLUSTER, GROUP).map((pod) => addresses.of(pod));
  const facts = await prober.metadata({ brokers });
  return Object.fromEntries(Object.entries(facts).map(([address, each]) => [addresses.podOf(address), each]));
}

async function masterAddress(): Promise<string> {
  const facts = await prober.cluster(clusterQuestion(CLUSTER));
  const master = facts.groups[GROUP]?.masterAddress;
  if (master === undefined) throw new Error(`${GROUP} has no master: ${facts.errors.join('; ')}`);
  return master;
}

async function masterPod(): Promise<string> {
  return (await brokerAddresses(kube, CLUSTER)).podOf(await masterAddress());
}

/** Waits until every member has these offsets. */
async function spread(committed: readonly Commit[]): Promise<Readonly<Record<string, MetadataFacts>>> {
  const offsets = tableOf(committed);
  return waitFor({
    what: 'every member to have every offset',
    deadlineMs: 60_000,
    look: async () => {
      const members = await allMetadata();
      const behind = Object.entries(members).filter(([, member]) =>
        Object.entries(offsets).some(([key, queues]) => member.offsets[key] !== queues),
      );
      return behind.length === 0
        ? { done: members }
        : { pending: behind.map(([pod, member]) => `${pod}: ${JSON.stringify(member.offsets)}`).join('; ') };
    },
    diagnose: () => diagnose(kube, namespace),
  });
}

async function membersUp(): Promise<number> {
  const pods = await listAll(kube, Pods, namespace, instance(CLUSTER.name));
  return pods.filter(
    ({ metadata, status }) =>
      memberPods(CLUSTER, GROUP).includes(metadata.name) &&
      metadata.deletionTimestamp === undefined &&
      status?.conditions?.some((one) => one.type === 'ContainersReady' && one.status === 'True') === true,
  ).length;
}

async function rolledOut(spec: Readonly<Record<string, unknown>>): Promise<RocketMQCluster> {
  await kube.mergePatch(RocketMQClusters, CLUSTER, { spec });
  return waitFor({
    what: 'the cluster to be Ready with its new spec',
    deadlineMs: ROLL_MS,
    look: async () => {
      fewestUp = Math.min(fewestUp, await membersUp());
      const seen = await kube.get(RocketMQClusters, CLUSTER);
      const versions = new Set(
        seen?.status?.groups?.flatMap(({ members }) => members.map(({ version }) => version)),
      );
      if (versions.size > 1) for (const version of versions) mixed.add(version ?? 'unknown');
      return isReady(seen) && seen !== undefined
        ? { done: seen }
        : { pending: JSON.stringify(seen?.status?.pendingRestart ?? seen?.status?.conditions ?? []) };
    },
    diagnose: () => diagnose(kube, namespace),
  });
}

beforeAll(async () => {
  kube = connect();
  prober = await Prober.start(kube);
  await createCluster(kube, CLUSTER, specOf('5.4.0'), 600_000);
  const clusterRef = { name: CLUSTER.name };
  for (const [name, type] of Object.entries(TOPICS)) {
    const spec = { clusterRef, type, queuesPerBroker: QUEUES };
    await kube.apply(Topics, intent(Topics, { namespace, name }, { spec }));
    await waitReady(kube, Topics, { namespace, name }, 60_000);
  }
  for (const [name, ordered] of Object.entries(READERS)) {
    await kube.apply(
      ConsumerGroups,
      intent(ConsumerGroups, { namespace, name }, { spec: { clusterRef, ordered } }),
    );
    await waitReady(kube, ConsumerGroups, { namespace, name }, 60_000);
  }
  await prober.commit({ broker: await masterAddress(), commits: early });
  former = await spread(early);
  streams = await startStreams(kube, prober, `upgrade-${String(seed)}`, CLUSTER);
  const started = Date.now();
  cluster = await rolledOut({ version: '5.5.0' });
  report(SHOW, 'edit to Ready: 3 name servers, 3 controllers, 3 brokers', seconds(Date.now() - started));
  upgraded = await allMetadata();
  await streams.flowing(30_000);
  results = await streams.stop();
}, 2_400_000);

afterAll(async () => {
  streams?.abandon();
  if (process.env['GANTRY_KEEP'] !== '1') await deleteNamespace(kube, namespace);
}, 360_000);

describe('a step from 5.4.0 to 5.5.0', () => {
  it('started on 5.4.0', () => {
    expect(Object.values(former).map(({ version }) => version)).toEqual(['V5_4_0', 'V5_4_0', 'V5_4_0']);
  });

  it('ends with every broker on 5.5.0, and says so', () => {
    expect(Object.values(upgraded).map(({ version }) => version)).toEqual(['V5_5_0', 'V5_5_0', 'V5_5_0']);
    expect(cluster?.status?.version).toBe('5.5.0');
    expect([...mixed].toSorted()).toEqual(['5.4.0', '5.5.0']);
  });

  it('leaves every topic, group and offset whole on every member', () => {
    const [before] = Object.values(former);
    if (before === undefined) throw new Error('no member was asked before the step');
    const declared = [...Object.keys(TOPICS), ...Object.keys(READERS)];
    expect([...before.topics, ...before.groups]).toEqual(expect.arrayContaining(declared));
    for (const [pod, member] of Object.entries(upgraded)) {
      expect({ pod, lacks: lacks(member, before, tableOf(early)) }).toEqual({ pod, lacks: nothing });
    }
    report(
      SHOW,
      'topics, groups, offsets whole on each of 3 members',
      `${String(before.topics.length)}, ${String(before.groups.length)}, ${String(early.length)}`,
    );
  });

  it('never has fewer than two members of the group up', () => {
    report(SHOW, 'fewest members of the group up', String(fewestUp));
    expect(fewestUp).toBeGreaterThanOrEqual(2);
  });

  it('loses nothing that was acknowledged', () => {
    expect(results).toHaveLength(1);
    for (const { group, acknowledged, gap, verdict } of results) {
      report(
        SHOW,
        `${group}: acknowledged, lost, repeated, largest gap`,
        `${String(acknowledged)}, ${String(verdict.lost.length)}, ${String(verdict.repeated.length)}, ${seconds(gap?.lengthMs ?? 0)}`,
      );
      expect({ group, ...faultsOf({ verdict }) }).toEqual({ group, ...noFaults });
      expect(acknowledged).toBeGreaterThan(100);
    }
  });
});

describe('a hand-over between brokers of 5.5.0', () => {
  // A master of 5.5.0 that somebody pulled from sends its replicas offsets that they cannot read.
  it(
    'takes along what was committed last',
    async () => {
      const before = await masterPod();
      await prober.commit({ broker: await masterAddress(), commits: late });
      await rolledOut({ brokers: { config: { flushDelayOffsetInterval: '9000' } } });
      const master = await masterPod();
      expect(master).not.toBe(before);
      const { offsets } = (await allMetadata())[master] ?? { offsets: {} };
      expect(offsets).toMatchObject(tableOf(late));
      // The operator gives them to the replicas, which cannot read what this master sends.
      await spread(late);
      expect(fewestUp).toBeGreaterThanOrEqual(2);
    },
    ROLL_MS + 120_000,
  );
});

describe('a step back', () => {
  it('is refused with its reason, and nothing restarts', async () => {
    const before = await podUids(kube, namespace);
    await kube.mergePatch(RocketMQClusters, CLUSTER, { spec: { version: '5.4.0' } });
    const refused = await waitFor({
      what: 'ConfigValid to be False',
      deadlineMs: 60_000,
      look: async () => {
        const seen = await kube.get(RocketMQClusters, CLUSTER);
        const found = seen && condition(seen, 'ConfigValid');
        return found?.status === 'False'
          ? { done: found }
          : { pending: seen === undefined ? 'no cluster' : describeConditions(seen) };
      },
      diagnose: () => diagnose(kube, namespace),
    });
    expect(refused).toMatchObject({
      reason: 'VersionStepRefused',
      message: expect.stringContaining('5.4.0 cannot read the consumer offsets'),
    });
    await kube.mergePatch(RocketMQClusters, CLUSTER, { spec: { version: '5.5.0' } });
    await waitClusterReady(kube, CLUSTER, 60_000);
    expect(await podUids(kube, namespace)).toEqual(before);
  });
});
