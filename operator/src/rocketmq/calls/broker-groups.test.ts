import { describe, expect, it } from '@jest/globals';
import { ScriptedTransport } from '../testing/scripted-transport.ts';
import type { GroupRetryPolicy } from '../types.ts';
import { groupCalls } from './broker-groups.ts';
import { Caller } from './caller.ts';
import { defaultSubscriptionGroup } from './group-config.ts';

const adminOf = (answer: ConstructorParameters<typeof ScriptedTransport>[0] = () => ({})) => {
  const transport = new ScriptedTransport(answer);
  const caller = new Caller({ transport, address: 'broker:10911', requestTimeoutMs: 5000 });
  return { transport, admin: groupCalls(caller) };
};

const tableWith = (group: string): string =>
  `{"dataVersion":{"counter":1,"stateVersion":0,"timestamp":5},"forbiddenTable":{},"subscriptionGroupTable":{"G":${group}}}`;

const fields =
  '"brokerId":0,"consumeBroadcastEnable":true,"consumeEnable":true,"consumeFromMinEnable":true,"consumeMessageOrderly":false,"consumeTimeoutMinute":15,"groupName":"G","groupSysFlag":0,"notifyConsumerIdsChangedEnable":true,"retryMaxTimes":16,"retryQueueNums":1,"whichBrokerWhenConsumeSlowly":1';

const readBack = async (group: string) => {
  const { groups } = await adminOf(() => ({ body: tableWith(group) })).admin.subscriptionGroups();
  return groups.get('G');
};

describe('commitOffset', () => {
  it('says what a consumer says', async () => {
    const { admin, transport } = adminOf();
    await admin.commitOffset({ group: 'G', topic: 'T', queueId: 3, offset: 12 });
    expect(transport.sent[0]).toMatchObject({
      code: 15,
      extFields: { consumerGroup: 'G', topic: 'T', queueId: '3', commitOffset: '12' },
    });
  });
});

describe('subscriptionGroups', () => {
  it('reads a group with RocketMQ’s defaults as the default group', async () => {
    const stored = `{"attributes":{},${fields},"groupRetryPolicy":{"type":"CUSTOMIZED"}}`;
    await expect(readBack(stored)).resolves.toEqual(defaultSubscriptionGroup('G'));
    await expect(readBack(`{${fields}}`)).resolves.toEqual(defaultSubscriptionGroup('G'));
  });

  it.each<[string, GroupRetryPolicy]>([
    [
      '{"type":"EXPONENTIAL","exponentialRetryPolicy":{"initial":1000,"max":60000,"multiplier":3}}',
      { type: 'EXPONENTIAL', initialMs: 1000, maxMs: 60_000, multiplier: 3 },
    ],
    ['{"type":"EXPONENTIAL"}', { type: 'EXPONENTIAL', initialMs: 5000, maxMs: 7_200_000, multiplier: 2 }],
    [
      '{"type":"CUSTOMIZED","customizedRetryPolicy":{"next":[1000,2000]}}',
      { type: 'CUSTOMIZED', delaysMs: [1000, 2000] },
    ],
  ])('reads the retry policy %s', async (policy, expected) => {
    const group = await readBack(`{${fields},"groupRetryPolicy":${policy}}`);
    expect(group?.groupRetryPolicy).toEqual(expected);
  });

  it('refuses a retry policy that it does not know', async () => {
    await expect(readBack(`{${fields},"groupRetryPolicy":{"type":"NEW"}}`)).rejects.toMatchObject({
      code: 'Protocol',
    });
  });

  it('sends back the fields that it does not know: a broker resets what is left out', async () => {
    const group = await readBack(`{${fields},"liteBindTopic":"L","subscriptionDataSet":[{"topic":"T"}]}`);
    const { admin, transport } = adminOf();
    await admin.putSubscriptionGroup(group ?? defaultSubscriptionGroup('lost'));
    expect(JSON.parse(transport.sent[0]?.body ?? '')).toMatchObject({
      groupName: 'G',
      liteBindTopic: 'L',
      subscriptionDataSet: [{ topic: 'T' }],
    });
  });
});

describe('writing groups', () => {
  it('sends every field', async () => {
    const { admin, transport } = adminOf();
    await admin.putSubscriptionGroup({
      ...defaultSubscriptionGroup('G'),
      consumeMessageOrderly: true,
      groupRetryPolicy: { type: 'EXPONENTIAL', initialMs: 1000, maxMs: 60_000, multiplier: 3 },
      attributes: { 'priority.factor': '50' },
    });
    expect(transport.sent[0]?.code).toBe(200);
    expect(JSON.parse(transport.sent[0]?.body ?? '')).toEqual({
      groupName: 'G',
      consumeEnable: true,
      consumeFromMinEnable: true,
      consumeBroadcastEnable: true,
      consumeMessageOrderly: true,
      retryQueueNums: 1,
      retryMaxTimes: 16,
      groupRetryPolicy: {
        type: 'EXPONENTIAL',
        exponentialRetryPolicy: { initial: 1000, max: 60_000, multiplier: 3 },
      },
      brokerId: 0,
      whichBrokerWhenConsumeSlowly: 1,
      notifyConsumerIdsChangedEnable: true,
      groupSysFlag: 0,
      consumeTimeoutMinute: 15,
      attributes: { '+priority.factor': '50' },
    });
  });

  it.each(['', 'a.b', 'x'.repeat(121)])('refuses the name %j, which older brokers accept', async (name) => {
    const { admin, transport } = adminOf();
    await expect(admin.putSubscriptionGroup(defaultSubscriptionGroup(name))).rejects.toMatchObject({
      code: 'Invalid',
    });
    expect(transport.sent).toHaveLength(0);
  });

  it('sends many as one list, and one by one where lists are unknown', async () => {
    const groups = ['a', 'b'].map(defaultSubscriptionGroup);
    const known = adminOf();
    await known.admin.putSubscriptionGroups(groups);
    expect(known.transport.sent.map(({ code }) => code)).toEqual([225]);
    const old = adminOf(({ code }) => ({ code: code === 225 ? 3 : 0 }));
    await expect(old.admin.putSubscriptionGroups(groups)).resolves.toEqual(new Map());
    expect(old.transport.sent.map(({ code }) => code)).toEqual([225, 200, 200]);
  });

  it('says whether offsets go with the group', async () => {
    const { admin, transport } = adminOf();
    await admin.deleteSubscriptionGroup('G', { cleanOffsets: false });
    expect(transport.sent[0]).toMatchObject({
      code: 207,
      extFields: { groupName: 'G', cleanOffset: 'false' },
    });
  });
});

describe('offsets', () => {
  it('reads consume stats', async () => {
    const body =
      '{"consumeTps":null,"offsetTable":{{"brokerName":"broker-a","queueId":1,"topic":"PullT"}:{"brokerOffset":3,"consumerOffset":0,"lastTimestamp":0,"pullOffset":0},{"brokerName":"broker-a","queueId":0,"topic":"PullT"}:{"brokerOffset":3,"consumerOffset":1,"lastTimestamp":1795458425398,"pullOffset":1}}}';
    const { admin, transport } = adminOf(() => ({ body }));
    const { queues, consumeTps } = await admin.consumeStats('G', 'PullT');
    expect(consumeTps).toBeUndefined();
    expect(queues).toHaveLength(2);
    expect(queues[1]).toEqual({
      brokerName: 'broker-a',
      topic: 'PullT',
      queueId: 0,
      brokerOffset: 3,
      consumerOffset: 1,
      pullOffset: 1,
      lastTimestamp: 1795458425398,
    });
    expect(transport.sent[0]?.extFields).toEqual({ consumerGroup: 'G', topic: 'PullT' });
  });

  it('reads keys in a string, as a writer option makes them', async () => {
    const key = JSON.stringify('{"brokerName":"b","queueId":0,"topic":"t"}');
    const stats = '{"brokerOffset":3,"consumerOffset":1,"lastTimestamp":0,"pullOffset":1}';
    const { admin } = adminOf(() => ({ body: `{"consumeTps":0.5,"offsetTable":{${key}:${stats}}}` }));
    const { queues } = await admin.consumeStats('G');
    expect(queues[0]).toMatchObject({ brokerName: 'b', queueId: 0, topic: 't', brokerOffset: 3 });
  });

  it('reads every committed offset of a broker', async () => {
    const body =
      '{"dataVersion":{},"groupTopicMap":{},"offsetTable":{"T@G":{0:3,1:2},"%RETRY%G@G":{0:0},"T@H":{}}}';
    await expect(adminOf(() => ({ body })).admin.consumerOffsets()).resolves.toEqual(
      new Map([
        [
          'G',
          new Map([
            [
              'T',
              new Map([
                [0, 3],
                [1, 2],
              ]),
            ],
            ['%RETRY%G', new Map([[0, 0]])],
          ]),
        ],
        ['H', new Map([['T', new Map()]])],
      ]),
    );
  });

  it('passes over what a broker keeps for consumers that broadcast', async () => {
    const { admin } = adminOf(() => ({ body: '{"offsetTable":{"T@G":{0:3},"T@G@broadcast":{0:1}}}' }));
    expect(await admin.consumerOffsets()).toEqual(new Map([['G', new Map([['T', new Map([[0, 3]])]])]]));
  });

  it('refuses a key that is not topic and group', async () => {
    const { admin } = adminOf(() => ({ body: '{"offsetTable":{"T":{0:3}}}' }));
    await expect(admin.consumerOffsets()).rejects.toMatchObject({ code: 'Protocol' });
  });
});
