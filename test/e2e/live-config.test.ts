/**
 * Settings that are live in operator/src/cluster/config/live-keys.ts, each seen to have its effect on running brokers.
 * In a cluster of its own: the settings decide over stored messages and unfinished transactions.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RocketMQClusters, type RocketMQClusterInput } from '../../operator/src/api/mod.ts';
import { Events, type KubeApi } from '../../operator/src/kube/mod.ts';
import { brokerAddresses } from './harness/broker-addresses.ts';
import { condition, describeConditions } from './harness/conditions.ts';
import { seed } from './harness/depth.ts';
import { diagnose } from './harness/diagnose.ts';
import {
  connect,
  deleteNamespace,
  ensureNamespace,
  intent,
  podUids,
  waitClusterReady,
} from './harness/kube.ts';
import type { RawFacts } from './harness/probe/protocol.ts';
import { pullQuestion, READER } from './harness/probe/pull.ts';
import { Prober } from './harness/prober.ts';
import { report, seconds } from './harness/report.ts';
import { GROUP, smallShape, smallSpec } from './harness/small.ts';
import { faultsOf, noFaults, startStreams, STREAM_TOPIC, type Streams } from './harness/streams.ts';
import { clusterQuestion, memberPods } from './harness/topology.ts';
import { waitFor, yes } from './harness/wait.ts';

const SHOW = 'Live settings';
const SHAPE = smallShape('e2e-live', 'live', 2);
const FILE_BYTES = 2 * 1024 * 1024;
const BODY_BYTES = 20_000;
/** Longer than two rounds of CleanCommitLogService, which comes every 10 s. */
const QUIET_MS = 25_000;

/** A file that somebody still reads is tried again after redeleteHangedFileInterval, 120 s. */
const CLEANED_MS = 150_000;

const code = { send: 10, updateConfig: 25, config: 26, runtimeInfo: 28, topicStats: 202 };
const systemBusy = 2;
const topicNotExist = 17;

const { brokers: small, ...rest } = smallSpec(SHAPE.members);
const spec: RocketMQClusterInput = {
  ...rest,
  limits: { maxMessageBytes: 65_536 },
  brokers: { ...small, config: { ...small.config, mappedFileSizeCommitLog: String(FILE_BYTES) } },
};

let kube: KubeApi;
let prober: Prober;
let streams: Streams | undefined;
let uids: ReadonlyMap<string, string>;
let master: string;
let replica: string;
let masterPod: string;

beforeAll(async () => {
  kube = connect();
  prober = await Prober.start(kube);
  await deleteNamespace(kube, SHAPE.namespace);
  await ensureNamespace(kube, SHAPE.namespace);
  await kube.create(RocketMQClusters, intent(RocketMQClusters, SHAPE, { spec }));
  await waitClusterReady(kube, SHAPE, 300_000);
  uids = await podUids(kube, SHAPE.namespace);
  const { groups } = await prober.cluster(clusterQuestion(SHAPE));
  master = groups[GROUP]?.masterAddress ?? '';
  const addresses = await brokerAddresses(kube, SHAPE);
  masterPod = addresses.podOf(master);
  [replica = ''] = memberPods(SHAPE, GROUP)
    .map((pod) => addresses.of(pod))
    .filter((address) => address !== master);
  streams = await startStreams(kube, prober, `live-${String(seed)}`, SHAPE);
}, 600_000);

afterAll(async () => {
  streams?.abandon();
  await deleteNamespace(kube, SHAPE.namespace);
}, 300_000);

/** Edits the spec and waits until the operator has read the settings back; null takes one out. */
async function edit(config: Readonly<Record<string, string | null>>): Promise<void> {
  const started = Date.now();
  await kube.mergePatch(RocketMQClusters, SHAPE, { spec: { brokers: { config } } });
  const { status } = await waitClusterReady(kube, SHAPE, 60_000);
  report(SHOW, `${Object.keys(config).join(', ')}: edit to Ready, 2 brokers`, seconds(Date.now() - started));
  expect(status?.pendingRestart).toBeUndefined();
}

/** As `mqadmin updateBrokerConfig` does. */
async function byHand(key: string, value: string): Promise<void> {
  const { code: answer } = await prober.raw({
    address: master,
    code: code.updateConfig,
    body: `${key}=${value}\n`,
  });
  expect(answer).toBe(0);
}

async function runningValue(key: string): Promise<string | undefined> {
  const { body } = await prober.raw({ address: master, code: code.config });
  return body
    .split('\n')
    .find((line) => line.startsWith(`${key}=`))
    ?.slice(key.length + 1);
}

function pull(address: string): Promise<RawFacts> {
  const question = pullQuestion({ topic: STREAM_TOPIC, queueId: 0, offset: 0, atMost: 1 });
  return prober.raw({ address, ...question });
}

async function send(options: {
  body: string;
  times?: number;
  sysFlag?: string;
  properties?: string;
}): Promise<void> {
  const { body, times = 1, sysFlag = '0', properties = '' } = options;
  const answer = await prober.raw({
    address: master,
    code: code.send,
    body,
    times,
    fields: {
      producerGroup: READER,
      topic: STREAM_TOPIC,
      defaultTopic: 'TBW102',
      defaultTopicQueueNums: '1',
      queueId: '0',
      sysFlag,
      bornTimestamp: String(Date.now()),
      flag: '0',
      properties,
      reconsumeTimes: '0',
      unitMode: 'false',
      batch: 'false',
    },
  });
  expect(answer).toMatchObject({ code: 0 });
}

describe('under a stream', () => {
  it('slaveReadEnable: a replica that refused to be read is read', async () => {
    expect(await pull(replica)).toMatchObject({ code: systemBusy });
    await edit({ slaveReadEnable: 'true' });
    await waitFor({
      what: 'the replica to give a message out',
      deadlineMs: 30_000, // it may have yet to copy the topic from its master
      look: async () => {
        const { code: answer, remark } = await pull(replica);
        expect(answer).not.toBe(systemBusy);
        return yes(answer === 0, remark);
      },
    });
    await edit({ slaveReadEnable: null });
    expect(await pull(replica)).toMatchObject({ code: systemBusy });
  }, 240_000);

  it('transactionTimeOut, transactionCheckInterval and transactionCheckMax: a transaction is asked about later, more often, and given up', async () => {
    await edit({
      transactionTimeOut: '600000',
      transactionCheckInterval: '1000',
      transactionCheckMax: '1000',
    });
    await send({
      body: 'half',
      sysFlag: '4', // MessageSysFlag.TRANSACTION_PREPARED_TYPE
      properties: 'TRAN_MSG\u0001true\u0002PGROUP\u0001gantry-probe\u0002UNIQ_KEY\u0001live-half\u0002',
    });
    const before = await stored(HALF);
    // The old interval, 30 s, has to be over: by then it would have been asked about by the old time-out, 6 s.
    await stays('the half message untouched', 40_000, () => stored(HALF), before);

    await edit({ transactionTimeOut: '1000' });
    await grows('the first check', 10_000, () => stored(HALF), before + 1);
    const checked = await stored(HALF);
    await grows('five more checks', 12_000, () => stored(HALF), checked + 5);
    expect(await stored(GIVEN_UP)).toBe(0);

    await edit({ transactionCheckMax: '2' });
    await grows('the transaction to be given up', 10_000, () => stored(GIVEN_UP), 1);
  }, 300_000);

  it('takes back a live setting that was changed by hand, and says so', async () => {
    await byHand('transactionCheckMax', '77');
    await waitFor({
      what: 'the value of the spec to be back',
      deadlineMs: 30_000,
      look: async () => {
        const value = await runningValue('transactionCheckMax');
        return yes(value === '2', String(value));
      },
    });
    await waitFor({
      what: 'an event about it',
      deadlineMs: 30_000,
      look: async () => {
        const { items } = await kube.list(Events, { namespace: SHAPE.namespace });
        const told = items.find(({ reason }) => reason === 'DriftRepaired');
        return yes(told?.note?.includes(`${masterPod}: transactionCheckMax`) === true, told?.note ?? 'none');
      },
    });
    expect(await runningValue('transactionCheckMax')).toBe('2');
  }, 120_000);

  it('warns of another setting that was changed by hand, without being less Ready', async () => {
    const before = await runningValue('timerFlushIntervalMs');
    if (before === undefined) throw new Error('the master does not tell its timerFlushIntervalMs');
    await byHand('timerFlushIntervalMs', String(Number(before) + 1));
    await warnings('True', `${masterPod} runs with another timerFlushIntervalMs`);
    expect(condition(await kube.get(RocketMQClusters, SHAPE), 'Ready')?.status).toBe('True');
    await byHand('timerFlushIntervalMs', before);
    await warnings('False', '');
  }, 120_000);

  it('restarts nobody, and loses nothing', async () => {
    await streams?.flowing(30_000);
    const results = (await streams?.stop()) ?? [];
    expect(await podUids(kube, SHAPE.namespace)).toEqual(uids);
    expect(results).toHaveLength(1);
    for (const { acknowledged, gap, verdict } of results) {
      report(SHOW, 'acknowledged, largest gap', `${String(acknowledged)}, ${seconds(gap?.lengthMs ?? 0)}`);
      expect(faultsOf({ verdict })).toEqual(noFaults);
      expect(acknowledged).toBeGreaterThan(100);
    }
  }, 120_000);
});

describe('what decides over stored messages', () => {
  it('deleteWhen: files that are old enough go in their hour', async () => {
    await fill();
    await edit({ deleteWhen: anotherHour(), fileReservedTime: '0' });
    const before = await oldest();
    await stays('every file there', QUIET_MS, oldest, before);
    await edit({ deleteWhen: thisHour() });
    await grows('files to be deleted', CLEANED_MS, oldest, before + FILE_BYTES);
    expect(await oldest()).toBeGreaterThan(before);
  }, 360_000);

  it('fileReservedTime: files go when they become old enough', async () => {
    await edit({ deleteWhen: thisHour(), fileReservedTime: '72' });
    await fill();
    const before = await oldest();
    await stays('every file there', QUIET_MS, oldest, before);
    await edit({ fileReservedTime: '0' });
    await grows('files to be deleted', CLEANED_MS, oldest, before + FILE_BYTES);
    expect(await oldest()).toBeGreaterThan(before);
  }, 360_000);

  it('diskMaxUsedSpaceRatio: files that are old enough go when the disk is fuller', async () => {
    const used = Number((await runtimeInfo(master))['commitLogDiskRatio']);
    // 0.10 is the least that RocketMQ takes.
    expect(used).toBeGreaterThan(0.1);
    await edit({ deleteWhen: anotherHour() });
    await fill();
    const before = await oldest();
    await stays('every file there', QUIET_MS, oldest, before);
    await edit({ diskMaxUsedSpaceRatio: '10' });
    await grows('files to be deleted', CLEANED_MS, oldest, before + FILE_BYTES);
    expect(await oldest()).toBeGreaterThan(before);
  }, 360_000);

  it('restarted nobody', async () => {
    expect(await podUids(kube, SHAPE.namespace)).toEqual(uids);
  });
});

const HALF = 'RMQ_SYS_TRANS_HALF_TOPIC';
const GIVEN_UP = 'TRANS_CHECK_MAX_TIME_TOPIC';

/** Messages that the master ever put into a topic. */
async function stored(topic: string): Promise<number> {
  const { code: answer, body } = await prober.raw({
    address: master,
    code: code.topicStats,
    fields: { topic },
  });
  if (answer === topicNotExist) return 0;
  expect(answer).toBe(0);
  return [...body.matchAll(/"maxOffset":(\d+)/g)].reduce((sum, [, offset]) => sum + Number(offset), 0);
}

async function runtimeInfo(address: string): Promise<Readonly<Record<string, string>>> {
  const { body } = await prober.raw({ address, code: code.runtimeInfo });
  const info: { table: Record<string, string> } = JSON.parse(body);
  return info.table;
}

/** Where the commit log begins, on the member that has deleted least. */
async function oldest(): Promise<number> {
  const infos = await Promise.all([master, replica].map((address) => runtimeInfo(address)));
  return Math.min(...infos.map((info) => Number(info['commitLogMinOffset'])));
}

/** Three files at least; the last one is never deleted. */
async function fill(): Promise<void> {
  await send({ body: 'x'.repeat(BODY_BYTES), times: Math.ceil((3 * FILE_BYTES) / BODY_BYTES) });
}

/** Brokers run in UTC. Two hours, lest the test crosses into the next. */
function thisHour(): string {
  const hour = new Date().getUTCHours();
  return `${String(hour)};${String((hour + 1) % 24)}`;
}

function anotherHour(): string {
  return String((new Date().getUTCHours() + 12) % 24);
}

async function grows(
  what: string,
  deadlineMs: number,
  look: () => Promise<number>,
  to: number,
): Promise<void> {
  const started = Date.now();
  await waitFor({
    what,
    deadlineMs,
    look: async () => {
      const now = await look();
      return yes(now >= to, `${String(now)}, not yet ${String(to)}`);
    },
    diagnose: () => diagnose(kube, SHAPE.namespace),
  });
  report(SHOW, `edit to ${what}`, seconds(Date.now() - started));
}

async function stays(what: string, forMs: number, look: () => Promise<number>, at: number): Promise<void> {
  const until = Date.now() + forMs;
  await waitFor({
    what: `${what} for ${seconds(forMs)}`,
    deadlineMs: forMs + 10_000,
    everyMs: 2_000,
    look: async () => {
      expect(await look()).toBe(at);
      return yes(Date.now() >= until, 'so far');
    },
  });
}

async function warnings(status: 'True' | 'False', message: string): Promise<void> {
  await waitFor({
    what: `Warnings to be ${status}`,
    deadlineMs: 40_000,
    look: async () => {
      const cluster = await kube.get(RocketMQClusters, SHAPE);
      const found = condition(cluster, 'Warnings');
      return yes(found?.status === status && found.message.includes(message), describeConditions(cluster));
    },
  });
}
