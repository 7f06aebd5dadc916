import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defaultSubscriptionGroup, RocketmqClient } from '../../operator/src/rocketmq/mod.ts';
import { BrokerStore, ControllerStore, LiveCluster, type FakeProcess } from './mod.ts';

const GROUP = 'broker-a';
const ANY = { host: '127.0.0.1', port: 0 };

describe('a cluster whose processes come and go', () => {
  let nowMs: number;
  let cluster: LiveCluster;
  let client: RocketmqClient;
  let processes: FakeProcess[];
  let controllerStore: ControllerStore;

  beforeEach(async () => {
    nowMs = 0;
    cluster = new LiveCluster({ name: 'live', controllers: 1, registerPeriodMs: 10_000, now: () => nowMs });
    client = new RocketmqClient();
    processes = [];
    controllerStore = new ControllerStore();
    await keep(cluster.startNameServer(ANY));
    await controller();
  });

  afterEach(async () => {
    await client.close();
    await Promise.all(processes.map((process) => process.end()));
  });

  async function keep(starting: Promise<FakeProcess>): Promise<FakeProcess> {
    const process = await starting;
    processes.push(process);
    return process;
  }

  const controller = () => keep(cluster.startController(ANY, controllerStore));

  async function broker(
    store: BrokerStore,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<FakeProcess> {
    const process = await keep(
      cluster.startBroker({
        brokerName: GROUP,
        endpoint: ANY,
        store,
        settings: new Map(Object.entries(settings)),
      }),
    );
    steps(3);
    return process;
  }

  function steps(count: number): void {
    for (let step = 0; step < count; step += 1) cluster.step();
  }

  const newStore = (): BrokerStore => new BrokerStore([]);
  const info = () => cluster.groups[0];
  const inSync = () =>
    (info()?.members ?? []).filter((member) => member.inSync && member.alive).map(({ id }) => id);

  it('the first broker is master, the next follows, and both keep their ids', async () => {
    const [first, second] = [newStore(), newStore()];
    const one = await broker(first);
    const two = await broker(second);
    expect([first.brokerId, second.brokerId]).toEqual([1, 2]);
    expect(info()?.masterId).toBe(1);
    expect(inSync()).toEqual([1, 2]);
    await two.end();
    steps(2);
    expect(inSync()).toEqual([1]);
    await broker(second);
    expect(second.brokerId).toBe(2);
    expect(inSync()).toEqual([1, 2]);
    await one.end();
  });

  it('a master that dies is followed by a member of its sync-state set, which is then alone in it', async () => {
    const one = await broker(newStore());
    await broker(newStore());
    await one.end();
    expect(info()?.masterId).toBe(2);
    expect(info()?.masterEpoch).toBe(2);
    expect(inSync()).toEqual([2]);
  });

  it('elects nobody who was out of sync, and the old master once it is back', async () => {
    const [first, second] = [newStore(), newStore()];
    const one = await broker(first);
    const two = await broker(second);
    await two.end();
    steps(2);
    await one.end();
    await broker(second);
    expect(info()?.masterId).toBeUndefined();
    await broker(first);
    expect(info()?.masterId).toBe(1);
    nowMs += 10_000;
    steps(2);
    expect(inSync()).toEqual([1, 2]);
    expect(cluster.losses).toEqual([]);
  });

  it('a replica finds a new master at its next registration, or when its permission is set', async () => {
    const one = await broker(newStore());
    await broker(newStore());
    await broker(newStore());
    await one.end();
    steps(3);
    expect(inSync()).toEqual([2]);
    const third = cluster.brokers.find(({ identity }) => identity.id === 3);
    await client.broker(third?.address ?? '').updateConfig(new Map([['brokerPermission', '6']]));
    steps(2);
    expect(inSync()).toEqual([2, 3]);
  });

  it('without controllers nobody is elected; their volume knows the group when they are back', async () => {
    const one = await broker(newStore());
    await broker(newStore());
    await processes[1]?.end();
    await one.end();
    steps(3);
    expect(info()?.masterId).toBe(1);
    await controller();
    steps(1);
    expect(info()?.masterId).toBe(2);
  });

  it('a broker has the settings of its file at each start, and its offsets from the volume', async () => {
    const store = newStore();
    const file = { fileReservedTime: '48', maxTransferCountOnMessageInMemory: '33' };
    const running = () => client.broker(cluster.brokers[0]?.address ?? '');
    const one = await broker(store, file);
    expect(Object.fromEntries(await running().config())).toMatchObject({
      ...file,
      transactionCheckMax: '15',
    });
    await running().updateConfig(new Map([['fileReservedTime', '49']]));
    expect((await running().config()).get('fileReservedTime')).toBe('49');
    await running().putTopic({
      topicName: 'orders',
      readQueueNums: 1,
      writeQueueNums: 1,
      perm: 6,
      order: false,
      attributes: {},
      topicFilterType: 'SINGLE_TAG',
      topicSysFlag: 0,
    });
    await running().putSubscriptionGroup(defaultSubscriptionGroup('settlement'));
    await running().commitOffset({ group: 'settlement', topic: 'orders', queueId: 0, offset: 7 });
    await one.end();
    await broker(store, file);
    expect((await running().config()).get('fileReservedTime')).toBe('48');
    expect((await running().consumerOffsets()).get('settlement')?.get('orders')?.get(0)).toBe(7);
  });

  it('tells when an acknowledged message is lost', async () => {
    const [first, second] = [newStore(), newStore()];
    await broker(first);
    await broker(second);
    expect(first.maxOffset).toBeGreaterThan(0);
    first.maxOffset = 0;
    second.maxOffset = 0;
    steps(1);
    expect(cluster.losses).toHaveLength(1);
  });

  it('reads what it is asked and says nothing when it hangs', async () => {
    const hanging = new LiveCluster({
      name: 'hanging',
      controllers: 1,
      registerPeriodMs: 10_000,
      now: () => nowMs,
      fateOf: () => 'Hang',
    });
    await keep(
      hanging.startBroker({ brokerName: GROUP, endpoint: ANY, store: newStore(), settings: new Map() }),
    );
    const asked = client.broker(hanging.brokers[0]?.address ?? '').config({ timeoutMs: 200 });
    await expect(asked).rejects.toMatchObject({ code: 'Timeout' });
  });

  it('acknowledges nothing while fewer are in sync than have to be', async () => {
    const store = newStore();
    await broker(store, { minInSyncReplicas: '2' });
    steps(5);
    expect(store.maxOffset).toBe(0);
    await broker(newStore());
    steps(1);
    expect(store.maxOffset).toBeGreaterThan(0);
  });
});
