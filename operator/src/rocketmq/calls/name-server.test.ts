import { describe, expect, it } from '@jest/globals';
import { ScriptedTransport } from '../testing/scripted-transport.ts';
import { Caller } from './caller.ts';
import { nameServerAdmin } from './name-server.ts';

const adminOf = (answer: ConstructorParameters<typeof ScriptedTransport>[0]) => {
  const transport = new ScriptedTransport(answer);
  const caller = new Caller({ transport, address: 'ns:9876', requestTimeoutMs: 5000 });
  return { transport, admin: nameServerAdmin(caller) };
};

const group = {
  brokerName: 'broker-a',
  cluster: 'C1',
  addresses: new Map([
    [0, '10.0.0.1:10911'],
    [2, '10.0.0.2:10911'],
  ]),
};

describe('clusterInfo', () => {
  it.each([
    ['bare', '{0:"10.0.0.1:10911",2:"10.0.0.2:10911"}'],
    ['quoted', '{"0":"10.0.0.1:10911","2":"10.0.0.2:10911"}'],
  ])('reads %s broker ids', async (_name, addresses) => {
    const body = `{"brokerAddrTable":{"broker-a":{"brokerAddrs":${addresses},"brokerName":"broker-a","cluster":"C1","enableActingMaster":false}},"clusterAddrTable":{"C1":["broker-a"]}}`;
    const { admin } = adminOf(() => ({ body }));
    await expect(admin.clusterInfo()).resolves.toEqual({
      brokers: new Map([['broker-a', group]]),
      clusters: new Map([['C1', ['broker-a']]]),
    });
  });

  it('reads a name server that knows no broker', async () => {
    const { admin } = adminOf(() => ({ body: '{"brokerAddrTable":{},"clusterAddrTable":{}}' }));
    await expect(admin.clusterInfo()).resolves.toEqual({ brokers: new Map(), clusters: new Map() });
  });

  it('refuses a broker id that is none', async () => {
    const body =
      '{"brokerAddrTable":{"b":{"brokerAddrs":{x:"a:1"},"brokerName":"b","cluster":"C"}},"clusterAddrTable":{}}';
    await expect(adminOf(() => ({ body })).admin.clusterInfo()).rejects.toMatchObject({ code: 'Protocol' });
  });
});

describe('topicRoute', () => {
  const route =
    '{"brokerDatas":[{"brokerAddrs":{"0":"10.0.0.1:10911","2":"10.0.0.2:10911"},"brokerName":"broker-a","cluster":"C1","enableActingMaster":false}],"filterServerTable":{},"orderTopicConf":"broker-a:4","queueDatas":[{"brokerName":"broker-a","perm":6,"readQueueNums":4,"topicSysFlag":0,"writeQueueNums":4}]}';

  it('reads brokers and queues, and asks for standard JSON', async () => {
    const { admin, transport } = adminOf(() => ({ body: route }));
    await expect(admin.topicRoute('T')).resolves.toEqual({
      brokers: [group],
      queues: [{ brokerName: 'broker-a', perm: 6, readQueueNums: 4, writeQueueNums: 4, topicSysFlag: 0 }],
      orderTopicConf: 'broker-a:4',
    });
    expect(transport.sent[0]?.extFields).toEqual({ topic: 'T', acceptStandardJsonOnly: 'true' });
  });

  it('is undefined for an unknown topic, and only then', async () => {
    await expect(adminOf(() => ({ code: 17 })).admin.topicRoute('T')).resolves.toBeUndefined();
    // A name server that has just started: not the same as "no such topic".
    await expect(adminOf(() => ({ code: 1 })).admin.topicRoute('T')).rejects.toMatchObject({
      code: 'Refused',
    });
    await expect(adminOf(() => ({ code: 2 })).admin.topicRoute('T')).rejects.toMatchObject({ code: 'Busy' });
  });
});

describe('brokerMembers', () => {
  it('reads bare broker ids', async () => {
    const body =
      '{"brokerMemberGroup":{"brokerAddrs":{0:"10.0.0.1:10911",2:"10.0.0.2:10911"},"brokerName":"broker-a","cluster":"C1"}}';
    await expect(adminOf(() => ({ body })).admin.brokerMembers('C1', 'broker-a')).resolves.toEqual(group);
  });

  it.each([['{}'], ['{"brokerMemberGroup":{"brokerAddrs":{},"brokerName":"broker-a","cluster":"C1"}}']])(
    'is undefined for a group without members: %s',
    async (body) => {
      await expect(adminOf(() => ({ body })).admin.brokerMembers('C1', 'b')).resolves.toBeUndefined();
    },
  );
});

describe('the rest', () => {
  it('lists topics', async () => {
    const { admin } = adminOf(() => ({ body: '{"topicList":["a","%RETRY%b"]}' }));
    await expect(admin.topicNames()).resolves.toEqual(new Set(['a', '%RETRY%b']));
  });

  it('names the cluster when it deletes a route, or it would take the route of every cluster', async () => {
    const { admin, transport } = adminOf(() => ({}));
    await admin.deleteTopicRoute('T', 'C1');
    expect(transport.sent[0]).toMatchObject({ code: 216, extFields: { topic: 'T', clusterName: 'C1' } });
  });

  it('unregisters one broker', async () => {
    const { admin, transport } = adminOf(() => ({}));
    await admin.unregisterBroker({ cluster: 'C1', brokerName: 'b', brokerAddress: 'h:1', brokerId: 2 });
    const extFields = { clusterName: 'C1', brokerName: 'b', brokerAddr: 'h:1', brokerId: '2' };
    expect(transport.sent[0]).toMatchObject({ code: 104, extFields });
  });
});
