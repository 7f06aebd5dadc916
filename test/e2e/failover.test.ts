import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RocketMQClusters } from '../../operator/src/api/mod.ts';
import { Events, type KubeApi } from '../../operator/src/kube/mod.ts';
import { spreadOf } from '../bench/figures.ts';
import { brokerAddresses } from './harness/broker-addresses.ts';
import { byDepth, seed } from './harness/depth.ts';
import { EXCHANGE } from './harness/install.ts';
import { connect, createCluster, deleteNamespace, waitClusterReady } from './harness/kube.ts';
import { killContainer } from './harness/nodes.ts';
import { Prober } from './harness/prober.ts';
import {
  masterPod,
  replacePod,
  waitAcknowledged,
  waitInSync,
  waitOtherMaster,
  type Watched,
} from './harness/recovery.ts';
import { report, seconds } from './harness/report.ts';
import { GROUP, onItsOwn, smallShape, smallSpec } from './harness/small.ts';
import { faultsOf, noFaults, startStreams, type Streams } from './harness/streams.ts';
import type { Shape } from './harness/topology.ts';

const SHOW = 'A master killed';
const NAMESPACE = 'e2e-failover';
const NAME = 'failover';
const KILLS = byDepth({ quick: 2, full: 10 });
const BAR_MS = 20_000;
const paused = 'rocketmq.gantry.dev/paused';

/** BrokerConfig's, MessageStoreConfig's and ControllerConfig's own values where the operator sets others. */
const ROCKETMQ_DEFAULTS = {
  brokers: {
    controllerHeartBeatTimeoutMills: '10000',
    syncControllerMetadataPeriod: '10000',
    syncBrokerMetadataPeriod: '5000',
    checkSyncStateSetPeriod: '5000',
    haMaxTimeSlaveNotCatchup: '15000',
    haSendHeartbeatInterval: '5000',
    haHousekeepingInterval: '20000',
    registerNameServerPeriod: '30000',
    slaveTimeout: '3000',
    syncFlushTimeout: '5000',
    waitTimeMillsInSendQueue: '200',
  },
  controllers: {
    jRaftElectionTimeoutMs: '1000',
    scanNotActiveBrokerInterval: '5000',
    scanInactiveMasterInterval: '5000',
  },
} as const;

interface Case {
  readonly name: string;
  readonly members: number;
  readonly inSync: number;
  /** As RocketMQ comes, with nobody attending: the operator is paused. */
  readonly plain?: true;
  readonly barMs?: number;
}

const CASES: readonly Case[] = [
  { name: '3 members, 2 in sync', members: 3, inSync: 2, barMs: BAR_MS },
  { name: '2 members, 1 in sync', members: 2, inSync: 1, barMs: BAR_MS },
  { name: '2 members, 2 in sync', members: 2, inSync: 2 },
  { name: "3 members, 2 in sync, RocketMQ's defaults, operator paused", members: 3, inSync: 2, plain: true },
];

let kube: KubeApi;
let prober: Prober;
let streams: Streams | undefined;

beforeAll(async () => {
  kube = connect();
  prober = await Prober.start(kube);
  // One RocketMQ at a time, so that the times are its own.
  await deleteNamespace(kube, EXCHANGE.namespace);
}, 600_000);

afterAll(async () => {
  streams?.abandon();
  await deleteNamespace(kube, NAMESPACE);
}, 300_000);

describe.each(CASES)('a master killed: $name', ({ name, members, inSync, plain, barMs }) => {
  it(`comes back ${String(KILLS)} times and loses nothing`, async () => {
    const shape = { ...smallShape(NAMESPACE, NAME, members), controllers: 3 as const };
    await create(shape, inSync, plain === true);
    streams = await startStreams(kube, prober, `failover-${String(seed)}-${name.length}`, shape);
    if (plain === true) await annotate({ [paused]: 'true' });
    const acknowledged: number[] = [];
    const whole: number[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const times = await killMaster(shape, streams);
      acknowledged.push(times.acknowledgedMs);
      whole.push(times.wholeMs);
    }
    report(SHOW, `${name}: killed to the first acknowledged send, median and max`, spread(acknowledged));
    report(SHOW, `${name}: killed to the full sync-state set, median and max`, spread(whole));
    for (const { group, verdict } of await streams.stop()) {
      expect({ group, ...faultsOf({ verdict }) }).toEqual({ group, ...noFaults });
    }
    expect(Math.max(...acknowledged)).toBeLessThan(barMs ?? Number.POSITIVE_INFINITY);
    const told = (await kube.list(Events, { namespace: NAMESPACE })).items.filter(
      ({ reason }) => reason === 'FailedOver',
    );
    report(SHOW, `${name}: told by an event`, `${String(told.length)} of ${String(KILLS)}`);
    expect(told.length).toBeGreaterThan(0);
    await deleteNamespace(kube, NAMESPACE);
  }, 2_400_000);
});

async function create(
  shape: Shape & { readonly controllers: 3 },
  minInSyncReplicas: number,
  plain: boolean,
): Promise<void> {
  const own = onItsOwn(smallSpec(shape.members));
  const spec = {
    ...own,
    controllers: {
      ...own.controllers,
      replicas: shape.controllers,
      ...(plain ? { config: ROCKETMQ_DEFAULTS.controllers } : {}),
    },
    brokers: {
      ...own.brokers,
      minInSyncReplicas,
      config: { ...own.brokers.config, ...(plain ? ROCKETMQ_DEFAULTS.brokers : {}) },
    },
  };
  await createCluster(kube, shape, spec);
}

interface Recovery {
  readonly acknowledgedMs: number;
  readonly wholeMs: number;
}

/** Returns when the group is whole again, and its proxies and pods with it unless the operator is paused. */
async function killMaster(shape: Shape, running: Streams): Promise<Recovery> {
  const watched = { kube, prober, shape, group: GROUP };
  const master = await masterPod(watched);
  const address = (await brokerAddresses(kube, shape)).of(master);
  await killContainer(kube, { namespace: NAMESPACE, name: master });
  const killedAt = Date.now();
  await waitOtherMaster(watched, master);
  // What the killed one had acknowledged may be read later.
  const acknowledgedAt = await waitAcknowledged(watched, running, killedAt, address);
  const wholeAt = await waitInSync(watched);
  await settle(watched);
  // The kubelet starts a container that ended at once, and again only after 10 s, 20 s and so on for each time within
  // ten minutes. A new pod begins anew: each kill is the first of its pod, as it is when masters die rarely.
  await replacePod(watched, master);
  await waitInSync(watched);
  await settle(watched);
  return { acknowledgedMs: acknowledgedAt - killedAt, wholeMs: wholeAt - killedAt };
}

async function settle({ shape }: Watched): Promise<void> {
  const { metadata } = (await kube.get(RocketMQClusters, shape)) ?? {};
  if (metadata?.annotations?.[paused] === undefined) await waitClusterReady(kube, shape, 120_000);
}

function annotate(annotations: Readonly<Record<string, string>>): Promise<unknown> {
  return kube.mergePatch(
    RocketMQClusters,
    { namespace: NAMESPACE, name: NAME },
    { metadata: { annotations } },
  );
}

function spread(values: readonly number[]): string {
  const { median, max } = spreadOf({ name: SHOW, unit: 'ms', values });
  return `${seconds(median)}, ${seconds(max)}`;
}
