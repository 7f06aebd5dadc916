/**
 * The same assertions against the fake servers and, when their addresses are given, against a real RocketMQ: what
 * the fakes claim about the protocol is true, or this fails.
 *
 * GANTRY_TEST_NAME_SERVERS, GANTRY_TEST_CONTROLLERS: comma-separated host:port of a cluster in Controller mode with
 * automatic creation of topics and groups switched off and at least two members in its first group.
 */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { waitUntil } from '../../operator/src/kube/testing/wait-until.ts';
import {
  defaultSubscriptionGroup,
  RocketmqClient,
  type TopicConfig,
} from '../../operator/src/rocketmq/mod.ts';
import { FakeCluster } from './mod.ts';
import { RawClient } from './raw-client.ts';

interface Target {
  readonly nameServers: readonly string[];
  readonly controllers: readonly string[];
  /** Lets a replica's periodic metadata sync happen; real brokers do it by themselves. */
  readonly syncMetadata: () => void;
  readonly stop: () => Promise<void>;
}

async function startFakes(): Promise<Target> {
  const cluster = await FakeCluster.start();
  return {
    nameServers: cluster.nameServerAddresses,
    controllers: cluster.controllerAddresses,
    syncMetadata: () => cluster.syncMetadata(),
    stop: async () => cluster.stop(),
  };
}

function addresses(name: string): readonly string[] {
  return (process.env[name] ?? '').split(',').filter((address) => address !== '');
}

async function findReal(): Promise<Target> {
  return {
    nameServers: addresses('GANTRY_TEST_NAME_SERVERS'),
    controllers: addresses('GANTRY_TEST_CONTROLLERS'),
    syncMetadata: () => undefined,
    stop: async () => undefined,
  };
}

const targets: readonly (readonly [string, () => Promise<Target>])[] = [
  ['fakes', startFakes],
  ...(addresses('GANTRY_TEST_NAME_SERVERS').length > 0 ? [['a real RocketMQ', findReal] as const] : []),
];

/** A real replica copies its master's tables every few seconds. */
const SYNC_MS = 30_000;
jest.setTimeout(SYNC_MS + 15_000);
/** Without an effect on a broker that runs, and of no interest to an operator that looks after it. */
const changed: ReadonlyMap<string, string> = new Map([
  ['accountStatsPrintZeroValues', 'false'],
  ['filterDataCleanTimeSpan', '86400001'],
  ['metricsLabel', 'a:b=c'],
]);
const requests = { putTopic: 17, putTopics: 18, putGroup: 200, putGroups: 225, elect: 1002, clean: 1011 };

describe.each(targets)('%s', (_name, start) => {
  let target: Target;
  let group = '';
  let cluster = '';
  let master = '';
  let replica = '';
  const client = new RocketmqClient();
  const raw = new RawClient();
  const prefix = `contract_${process.pid}_${Math.round(performance.now())}`;
  const nameOf = (name: string): string => `${prefix}_${name}`;
  const topic = (name: string, change: Partial<TopicConfig> = {}): TopicConfig => ({
    topicName: nameOf(name),
    readQueueNums: 2,
    writeQueueNums: 2,
    perm: 6,
    order: false,
    attributes: {},
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: 0,
    ...change,
  });
  const held = async (name: string, at = master) =>
    (await client.broker(at).topicConfigs()).topics.get(nameOf(name));
  const rawList = async (topics: readonly TopicConfig[]) =>
    raw.call(master, requests.putTopics, {}, JSON.stringify({ topicConfigList: topics }));
  const leading = async (): Promise<string> => {
    const [address = ''] = target.controllers;
    return (await client.controller(address).metadata()).leaderAddress ?? '';
  };
  const nameServer = () => client.nameServer(target.nameServers[0] ?? '');

  beforeAll(async () => {
    target = await start();
    const { brokers } = await nameServer().clusterInfo();
    const [first] = [...brokers.values()].toSorted((a, b) => (a.brokerName < b.brokerName ? -1 : 1));
    group = first?.brokerName ?? '';
    cluster = first?.cluster ?? '';
    master = first?.addresses.get(0) ?? '';
    replica = [...(first?.addresses ?? [])].find(([id]) => id !== 0)?.[1] ?? '';
  });

  afterAll(async () => {
    const broker = client.broker(master);
    for (const name of (await broker.topicConfigs()).topics.keys()) {
      if (!name.startsWith(prefix)) continue;
      await broker.deleteTopic(name);
      for (const address of target.nameServers)
        await client.nameServer(address).deleteTopicRoute(name, cluster);
    }
    for (const name of (await broker.subscriptionGroups()).groups.keys()) {
      if (name.startsWith(prefix)) await broker.deleteSubscriptionGroup(name, { cleanOffsets: true });
    }
    raw.close();
    await client.close();
    await target.stop();
  });

  it('name servers list the elected master under id 0, and the controllers call it by the same address', async () => {
    expect([group, cluster, master, replica]).not.toContain('');
    const states = await client.controller(target.controllers[0] ?? '').syncState([group, 'no-such-group']);
    expect([...states.keys()]).toEqual([group]);
    expect(states.get(group)?.masterAddress).toBe(master);
    expect(states.get(group)?.masterBrokerId).toBeGreaterThan(0);
  });

  it('a topic is on its master at once, and in every route soon after', async () => {
    await client.broker(master).putTopic(topic('single', { attributes: { 'message.type': 'FIFO' } }));
    expect(await held('single')).toEqual(topic('single', { attributes: { 'message.type': 'FIFO' } }));
    for (const address of target.nameServers) {
      const server = client.nameServer(address);
      await expect(
        eventually(async () =>
          (await server.topicRoute(nameOf('single')))?.queues.find((q) => q.brokerName === group),
        ),
      ).resolves.toMatchObject({ readQueueNums: 2, writeQueueNums: 2, perm: 6 });
      expect(await server.topicNames()).toContain(nameOf('single'));
    }
  });

  it('the topic list drops a whole batch, with success, at an item that is there already', async () => {
    await client.broker(master).putTopic(topic('same'));
    const reply = await rawList([topic('before'), topic('same'), topic('after')]);
    expect(reply.code).toBe(0);
    expect(await held('before')).toBeUndefined();
    expect(await held('after')).toBeUndefined();
  });

  it('an item with a signed attribute never counts as there already', async () => {
    const attributes = { '+message.type': 'NORMAL' };
    await rawList([topic('typed', { attributes })]);
    const reply = await rawList([topic('typed', { attributes }), topic('typed2', { attributes })]);
    expect(reply.code).toBe(0);
    expect(await held('typed2')).toMatchObject({ attributes: { 'message.type': 'NORMAL' } });
  });

  it('a bad item leaves the ones before it in memory only', async () => {
    const reply = await rawList([
      topic('good', { attributes: { '+message.type': 'NORMAL' } }),
      topic('bad', { attributes: { '+no.such.key': '1' } }),
    ]);
    expect(reply.code).toBe(1);
    expect(await held('good')).toBeDefined();
    expect(await held('bad')).toBeUndefined();
    expect(await nameServer().topicRoute(nameOf('good'))).toBeUndefined();
  });

  it('the client’s own batch gets the good items through', async () => {
    const failures = await client
      .broker(master)
      .putTopics([
        topic('mate1', { attributes: { 'message.type': 'NORMAL' } }),
        topic('mate2', { attributes: { 'message.type': 'NO_SUCH_TYPE' } }),
        topic('mate3', { attributes: { 'message.type': 'DELAY' } }),
      ]);
    expect([...failures.keys()]).toEqual([nameOf('mate2')]);
    expect(await held('mate1')).toBeDefined();
    expect(await held('mate3')).toMatchObject({ attributes: { 'message.type': 'DELAY' } });
  });

  it('attributes that are not named stay; all other fields are replaced', async () => {
    const broker = client.broker(master);
    await broker.putTopic(
      topic('kept', { attributes: { 'message.type': 'NORMAL', 'queue.type': 'SimpleCQ' } }),
    );
    await broker.putTopic(topic('kept', { readQueueNums: 4, attributes: { 'message.type': 'FIFO' } }));
    expect(await held('kept')).toMatchObject({
      readQueueNums: 4,
      writeQueueNums: 2,
      attributes: { 'message.type': 'FIFO', 'queue.type': 'SimpleCQ' },
    });
  });

  it.each([
    ['an attribute fixed at creation', { attributes: { 'queue.type': 'BatchCQ' } }, 1],
    ['an attribute that is not there, removed', { removeAttributes: ['reserve.time'] }, 1],
    ['an unknown attribute', { attributes: { nonsense: '1' } }, 1],
  ])('refuses %s', async (_what, change, responseCode) => {
    const broker = client.broker(master);
    await broker.putTopic(topic('refusing', { attributes: { 'message.type': 'NORMAL' } }));
    await expect(broker.putTopic({ ...topic('refusing'), ...change })).rejects.toMatchObject({
      responseCode,
    });
  });

  it('refuses names of its own', async () => {
    const fields = {
      defaultTopic: 'TBW102',
      readQueueNums: '1',
      writeQueueNums: '1',
      perm: '6',
      order: 'false',
      topicFilterType: 'SINGLE_TAG',
      topicSysFlag: '0',
    };
    for (const name of [group, cluster, 'TBW102', 'rmq_sys_x', 'a.b']) {
      expect(await raw.call(master, requests.putTopic, { ...fields, topic: name })).toMatchObject({
        code: 29,
      });
    }
  });

  it(
    'a replica takes a write and loses it at its next sync',
    async () => {
      await client.broker(replica).putTopic(topic('lost', { attributes: { 'message.type': 'NORMAL' } }));
      expect(await held('lost', replica)).toBeDefined();
      target.syncMetadata();
      await eventually(async () => ((await held('lost', replica)) === undefined ? true : undefined));
      expect(await held('lost')).toBeUndefined();
    },
    SYNC_MS + 10_000,
  );

  it('a deleted topic keeps its route until the name servers are told', async () => {
    await client.broker(master).putTopic(topic('gone', { attributes: { 'message.type': 'NORMAL' } }));
    await eventually(async () => nameServer().topicRoute(nameOf('gone')));
    await client.broker(master).deleteTopic(nameOf('gone'));
    await client.broker(master).deleteTopic(nameOf('gone'));
    expect(await held('gone')).toBeUndefined();
    expect(await nameServer().topicRoute(nameOf('gone'))).toBeDefined();
    await nameServer().deleteTopicRoute(nameOf('gone'), cluster);
    expect(await nameServer().topicRoute(nameOf('gone'))).toBeUndefined();
  });

  it('a topic takes the places of groups in it along, and a group its own', async () => {
    const broker = client.broker(master);
    const [first, second] = [nameOf('read1'), nameOf('read2')];
    const [reader, other] = [nameOf('reader'), nameOf('other')];
    await broker.putTopics([
      topic('read1', { attributes: { 'message.type': 'NORMAL' } }),
      topic('read2', { attributes: { 'message.type': 'NORMAL' } }),
    ]);
    await broker.putSubscriptionGroups([reader, other].map((name) => defaultSubscriptionGroup(name)));
    for (const who of [reader, other])
      for (const name of [first, second])
        await broker.commitOffset({ group: who, topic: name, queueId: 0, offset: 0 });
    const places = async (): Promise<readonly string[]> =>
      [...(await broker.consumerOffsets())]
        .filter(([who]) => who === reader || who === other)
        .flatMap(([who, topics]) => [...topics.keys()].map((name) => `${who} in ${name}`))
        .toSorted();
    expect((await places()).length).toBe(4);
    await broker.deleteTopic(first);
    expect(await places()).toEqual([`${other} in ${second}`, `${reader} in ${second}`]);
    await broker.deleteSubscriptionGroup(reader, { cleanOffsets: false });
    expect(await places()).toEqual([`${other} in ${second}`, `${reader} in ${second}`]);
    await broker.deleteSubscriptionGroup(reader, { cleanOffsets: true });
    expect(await places()).toEqual([`${other} in ${second}`]);
  });

  it('a topic without messages has queues without any, and one that is not there is told so', async () => {
    const broker = client.broker(master);
    await broker.putTopic(topic('empty', { attributes: { 'message.type': 'NORMAL' } }));
    const { queues } = await broker.topicStats(nameOf('empty'));
    expect(queues.map(({ minOffset, maxOffset }) => [minOffset, maxOffset])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    await expect(broker.topicStats(nameOf('never'))).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('nobody is a client of a group that nobody is connected for', async () => {
    expect(await client.broker(master).consumers(nameOf('nobody'))).toEqual({
      clientIds: [],
      broadcast: false,
    });
  });

  it('nothing is old in a topic without messages for who has a place in it, but for others something is', async () => {
    const broker = client.broker(master);
    const [ager, young] = [nameOf('ager'), nameOf('young')];
    await broker.putTopic(topic('young', { attributes: { 'message.type': 'NORMAL' } }));
    await broker.putSubscriptionGroup(defaultSubscriptionGroup(ager));
    await broker.commitOffset({ group: ager, topic: young, queueId: 0, offset: 0 });
    const ages = await broker.unreadAges(ager, young);
    expect([ages.get(0), (ages.get(1) ?? 0) > 0]).toEqual([0, true]);
    await expect(broker.unreadAges(nameOf('ager'), nameOf('never'))).rejects.toMatchObject({
      code: 'NotFound',
    });
  });

  it('no message waits for its time in a topic without any', async () => {
    const broker = client.broker(master);
    await broker.putTopic(topic('timed', { attributes: { 'message.type': 'DELAY' } }));
    expect((await broker.timedMessages()).get(nameOf('timed')) ?? 0).toBe(0);
  });

  it('places move in every queue of a topic, of groups and topics that there are', async () => {
    const broker = client.broker(master);
    const mover = nameOf('mover');
    const moved = nameOf('moved');
    await broker.putTopic(topic('moved', { attributes: { 'message.type': 'NORMAL' } }));
    const toMs = Date.now();
    await expect(broker.resetOffsets({ group: mover, topic: moved, toMs })).rejects.toMatchObject({
      code: 'NotFound',
    });
    await broker.putSubscriptionGroup(defaultSubscriptionGroup(mover));
    const everywhere = new Map([
      [0, 0],
      [1, 0],
    ]);
    expect(await broker.resetOffsets({ group: mover, topic: moved, toMs })).toEqual(everywhere);
    expect((await broker.consumerOffsets()).get(mover)?.get(moved)).toEqual(everywhere);
    const nowhere = { group: mover, topic: nameOf('never'), toMs };
    await expect(broker.resetOffsets(nowhere)).rejects.toMatchObject({ code: 'NotFound' });
    expect(await broker.offsetAt({ topic: moved, queueId: 0, timeMs: toMs })).toBe(0);
  });

  it('a topic tells of the queues that are only read still', async () => {
    const broker = client.broker(master);
    const attributes = { 'message.type': 'NORMAL' };
    await broker.putTopic(topic('shrinking', { readQueueNums: 4, writeQueueNums: 4, attributes }));
    await broker.putTopic(topic('shrinking', { readQueueNums: 4, writeQueueNums: 1, attributes }));
    const { queues } = await broker.topicStats(nameOf('shrinking'));
    expect(new Set(queues.map(({ queueId }) => queueId))).toEqual(new Set([0, 1, 2, 3]));
  });

  it(
    'a replica that only loses a topic by its sync keeps the places in it until it is told',
    async () => {
      const [broker, follower] = [client.broker(master), client.broker(replica)];
      await broker.putTopic(topic('stale', { attributes: { 'message.type': 'NORMAL' } }));
      await broker.putSubscriptionGroup(defaultSubscriptionGroup(nameOf('stayer')));
      await broker.commitOffset({ group: nameOf('stayer'), topic: nameOf('stale'), queueId: 0, offset: 0 });
      const place = async () =>
        (await follower.consumerOffsets()).get(nameOf('stayer'))?.get(nameOf('stale'));
      target.syncMetadata();
      await eventually(place);
      await broker.deleteTopic(nameOf('stale'));
      target.syncMetadata();
      await eventually(async () => ((await held('stale', replica)) === undefined ? true : undefined));
      expect(await place()).toBeDefined();
      await follower.deleteTopic(nameOf('stale'));
      expect(await place()).toBeUndefined();
    },
    SYNC_MS * 3,
  );

  it('a group write resets what it leaves out', async () => {
    const full = {
      ...defaultSubscriptionGroup(nameOf('reset')),
      retryMaxTimes: 3,
      consumeMessageOrderly: true,
    };
    await client.broker(master).putSubscriptionGroup(full);
    const bare = JSON.stringify({ groupName: nameOf('reset'), consumeMessageOrderly: true });
    expect(await raw.call(master, requests.putGroup, {}, bare)).toMatchObject({ code: 0 });
    const { groups } = await client.broker(master).subscriptionGroups();
    expect(groups.get(nameOf('reset'))).toMatchObject({
      consumeMessageOrderly: true,
      retryMaxTimes: 16,
      consumeEnable: true,
    });
  });

  it('groups go in a list, new and equal ones alike', async () => {
    const groups = ['g1', 'g2', 'g3'].map((name) => defaultSubscriptionGroup(nameOf(name)));
    const broker = client.broker(master);
    await broker.putSubscriptionGroups(groups.slice(1, 2));
    expect(await broker.putSubscriptionGroups(groups)).toEqual(new Map());
    const stored = (await broker.subscriptionGroups()).groups;
    expect(groups.map(({ groupName }) => stored.has(groupName))).toEqual([true, true, true]);
  });

  it('a broker takes over settings that it knows and can parse, and says success to all others', async () => {
    const broker = client.broker(replica);
    const before = await broker.config();
    expect(before.get('brokerName')).toBe(group);
    const kept = new Map([...before].filter(([key]) => changed.has(key)));
    try {
      await broker.updateConfig(
        new Map([...changed, ['noSuchSetting', '1'], ['transactionCheckMax', 'many']]),
      );
      const after = await broker.config();
      expect([...changed.keys()].map((key) => after.get(key))).toEqual([...changed.values()]);
      expect(after.get('noSuchSetting')).toBeUndefined();
      expect(after.get('transactionCheckMax')).toBe(before.get('transactionCheckMax'));
      await expect(broker.updateConfig(new Map([['brokerConfigPath', '/x']]))).rejects.toMatchObject({
        responseCode: 16,
      });
      expect((await client.broker(master).config()).get('metricsLabel')).toBe(before.get('metricsLabel'));
    } finally {
      await broker.updateConfig(kept);
    }
  });

  it('name servers and controllers tell their settings, whoever leads', async () => {
    for (const address of target.nameServers) {
      expect((await client.nameServer(address).config()).get('listenPort')).toBe('9876');
    }
    for (const address of target.controllers) {
      expect((await client.controller(address).config()).get('controllerType')).toBe('jRaft');
    }
  });

  it('an offset is taken as it is said, forward and back, by a replica too', async () => {
    const [reader, name] = [nameOf('reader'), nameOf('read')];
    await client.broker(master).putTopic(topic('read', { attributes: { 'message.type': 'NORMAL' } }));
    await client.broker(master).putSubscriptionGroup(defaultSubscriptionGroup(reader));
    target.syncMetadata();
    for (const address of [master, replica]) {
      const broker = client.broker(address);
      await eventually(async () => held('read', address));
      await eventually(async () =>
        (await broker.subscriptionGroups()).groups.has(reader) ? true : undefined,
      );
      for (const offset of [7, 5]) {
        await broker.commitOffset({ group: reader, topic: name, queueId: 1, offset });
      }
      expect((await broker.consumerOffsets()).get(reader)?.get(name)).toEqual(new Map([[1, 5]]));
    }
  });

  it('an offset is refused without its topic, and without its group', async () => {
    const broker = client.broker(master);
    const lonely = nameOf('lonely');
    await broker.putSubscriptionGroup(defaultSubscriptionGroup(lonely));
    for (const where of [
      { group: lonely, topic: nameOf('no-topic') },
      { group: nameOf('no-group'), topic: nameOf('no-topic') },
    ]) {
      await expect(broker.commitOffset({ ...where, queueId: 0, offset: 1 })).rejects.toMatchObject({
        code: 'NotFound',
      });
    }
  });

  it('the controllers elect nobody whom they do not know, and nobody again', async () => {
    const leader = await leading();
    const state = (await client.controller(leader).syncState([group])).get(group);
    const elect = async (brokerName: string, brokerId: number): Promise<number> => {
      const fields = { clusterName: cluster, brokerName, designateElect: 'true', invokeTime: '1' };
      return (await raw.call(leader, requests.elect, { ...fields, brokerId: String(brokerId) })).code;
    };
    expect(await elect(group, state?.masterBrokerId ?? 0)).toBe(2011);
    expect(await elect(group, 99)).toBe(2012);
    expect(await elect('no-such-group', 1)).toBe(2010);
    const after = (await client.controller(leader).syncState([group])).get(group);
    expect(after).toMatchObject({ masterAddress: master, masterEpoch: state?.masterEpoch });
  });

  it('the controllers forget nobody who lives', async () => {
    const leader = await leading();
    const state = (await client.controller(leader).syncState([group])).get(group);
    const ids = [...(state?.inSync ?? []), ...(state?.notInSync ?? [])].filter(({ alive }) => alive);
    const clean = async (brokerName: string, id: number): Promise<number> => {
      const fields = { clusterName: cluster, brokerName, isCleanLivingBroker: 'false', invokeTime: '1' };
      return (await raw.call(leader, requests.clean, { ...fields, brokerControllerIdsToClean: String(id) }))
        .code;
    };
    expect(ids.length).toBeGreaterThan(1);
    for (const { brokerId } of ids) expect(await clean(group, brokerId)).toBe(2009);
    expect(await clean('no-such-group', 99)).toBe(2009);
    expect(await clean(group, 99)).toBe(0);
    expect((await client.controller(leader).syncState([group])).get(group)?.inSync).toEqual(state?.inSync);
  });

  it('a master knows its epoch, which has no end yet', async () => {
    const leader = await leading();
    // A master that is elected once more hears of it a moment later.
    const cache = await eventually(async () => {
      const state = (await client.controller(leader).syncState([group])).get(group);
      const known = await client.broker(master).epochs();
      return known.epochs.at(-1)?.epoch === state?.masterEpoch ? known : undefined;
    });
    // The id of every master, not the one that the controllers know it by (ReplicasManager.changeToMaster).
    expect(cache).toMatchObject({ cluster, brokerName: group, brokerId: 0 });
    expect(cache.epochs.at(-1)).toMatchObject({ endOffset: 2n ** 63n - 1n });
  });

  it('master and replica say in their settings what they were elected', async () => {
    const roleOf = async (address: string): Promise<string | undefined> =>
      (await client.broker(address).config()).get('brokerRole');
    expect([await roleOf(master), await roleOf(replica)]).toEqual(['SYNC_MASTER', 'SLAVE']);
  });

  it('a broker that was unregistered is listed again once its permission is set, be it to what it is', async () => {
    const listed = async (): Promise<readonly number[]> => {
      const { brokers } = await nameServer().clusterInfo();
      const members = [...(brokers.get(group)?.addresses ?? [])];
      return members.filter(([, address]) => address === replica).map(([id]) => id);
    };
    const [id = 0] = await listed();
    expect(id).toBeGreaterThan(0);
    await nameServer().unregisterBroker({ cluster, brokerName: group, brokerAddress: replica, brokerId: id });
    await eventually(async () => ((await listed()).length === 0 ? true : undefined));
    await client.broker(replica).updateConfig(new Map([['brokerPermission', '6']]));
    await eventually(async () => ((await listed()).includes(id) ? true : undefined));
  });

  it('says so when it does not know a request', async () => {
    expect(await raw.call(target.nameServers[0] ?? '', 9_999)).toMatchObject({ code: 3 });
    expect(await raw.call(master, 9_999)).toMatchObject({ code: 3 });
  });
});

/** Polls until there is an answer. */
async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const endsAt = performance.now() + SYNC_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > endsAt) throw new Error('waited in vain');
    const startedAt = performance.now();
    await waitUntil('a moment has passed', () => performance.now() - startedAt > 20, 5_000);
  }
}
