/** Answers that are well-formed, and cannot be true: they count as none. */
import { describe, expect, it } from '@jest/globals';
import { adminsOf, type Admins } from '../admins.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { ScriptedTransport } from '../testing/scripted-transport.ts';

const at = 'server:1';
const adminsWith = (body: string, extFields: Readonly<Record<string, string>> = {}): Admins => {
  const transport = new ScriptedTransport(() => ({ body, extFields }));
  return adminsOf({ transport, requestTimeoutMs: 5_000 }, new ManualClock());
};

const version = '"dataVersion":{"counter":1,"stateVersion":0,"timestamp":0}';
const topic = (name: string, change = ''): string =>
  `{"topicName":"${name}","readQueueNums":8,"writeQueueNums":8,"perm":6,"order":false,"topicFilterType":"SINGLE_TAG","topicSysFlag":0,"attributes":{}${change}}`;
const topics = (table: string): string => `{${version},"topicConfigTable":${table}}`;
const queue = (id: number, name = 'T'): string => `{"brokerName":"b","queueId":${id},"topic":"${name}"}`;
const ends = (min: number, max: number): string =>
  `{"minOffset":${min},"maxOffset":${max},"lastUpdateTimestamp":0}`;
const group = (name: string): string =>
  `{"groupName":"${name}","consumeEnable":true,"consumeFromMinEnable":true,"consumeBroadcastEnable":true,"consumeMessageOrderly":false,"retryQueueNums":1,"retryMaxTimes":16,"brokerId":0,"whichBrokerWhenConsumeSlowly":1,"notifyConsumerIdsChangedEnable":true,"groupSysFlag":0,"consumeTimeoutMinute":15}`;
const user = '{"username":"u","password":"p","userType":"Normal","userStatus":"enable"}';

const reset = { group: 'G', topic: 'T', toMs: 1 };
const place = { topic: 'T', queueId: 0, timeMs: 1 };

describe('an answer that contradicts itself', () => {
  it.each<[string, string, (admins: Admins) => Promise<unknown>]>([
    [
      'a topic under another name',
      topics(`{"T":${topic('OTHER')}}`),
      async (a) => a.broker(at).topicConfigs(),
    ],
    [
      'fewer than no queues',
      topics(`{"T":${topic('T', ',"readQueueNums":-1')}}`),
      async (a) => a.broker(at).topicConfigs(),
    ],
    ['another topic', topic('OTHER'), async (a) => a.broker(at).topicConfig('T')],
    [
      'a queue of another topic',
      `{"offsetTable":{${queue(0, 'OTHER')}:${ends(0, 1)}}}`,
      async (a) => a.broker(at).topicStats('T'),
    ],
    [
      'a queue that ends before it begins',
      `{"offsetTable":{${queue(0)}:${ends(5, 1)}}}`,
      async (a) => a.broker(at).topicStats('T'),
    ],
    [
      'an end before the first message',
      `{"offsetTable":{${queue(0)}:${ends(-2, -1)}}}`,
      async (a) => a.broker(at).topicStats('T'),
    ],
    [
      'a queue twice',
      `{"offsetTable":{${queue(0)}:${ends(0, 1)},${queue(0)}:${ends(0, 2)}}}`,
      async (a) => a.broker(at).topicStats('T'),
    ],
    [
      'a queue before the first',
      `{"offsetTable":{${queue(-1)}:${ends(0, 1)}}}`,
      async (a) => a.broker(at).topicStats('T'),
    ],
    [
      'a group under another name',
      `{${version},"subscriptionGroupTable":{"G":${group('OTHER')}}}`,
      async (a) => a.broker(at).subscriptionGroups(),
    ],
    [
      'a place before the first message',
      `{"offsetTable":{${queue(0)}:-1}}`,
      async (a) => a.broker(at).resetOffsets(reset),
    ],
    [
      'places in another topic',
      `{"offsetTable":{${queue(0, 'OTHER')}:1}}`,
      async (a) => a.broker(at).resetOffsets(reset),
    ],
    ['a user twice', `[${user},${user}]`, async (a) => a.broker(at).users()],
    [
      'a group of brokers under another name',
      '{"brokerAddrTable":{"a":{"brokerName":"b","cluster":"c","brokerAddrs":{0:"h:1"}}},"clusterAddrTable":{}}',
      async (a) => a.nameServer(at).clusterInfo(),
    ],
    [
      'a route to fewer than no queues',
      '{"brokerDatas":[],"queueDatas":[{"brokerName":"b","readQueueNums":-8,"writeQueueNums":8,"perm":6,"topicSysFlag":0}]}',
      async (a) => a.nameServer(at).topicRoute('T'),
    ],
    [
      'an epoch that ends before it begins',
      '{"brokerId":1,"brokerName":"b","clusterName":"c","epochList":[{"epoch":1,"startOffset":9,"endOffset":3}],"maxOffset":9}',
      async (a) => a.broker(at).epochs(),
    ],
  ])('%s is an error, and not believed', async (_, body, ask) => {
    await expect(ask(adminsWith(body))).rejects.toMatchObject({ code: 'Protocol' });
  });

  it('that leaves out some of what it says that there is', async () => {
    const body = topics(`{"T":${topic('T')}}`);
    const configs = async (totalTopicNum: string) =>
      adminsWith(body, { totalTopicNum }).broker(at).topicConfigs();
    await expect(configs('2')).rejects.toMatchObject({ code: 'Protocol' });
    await expect(configs('?')).rejects.toMatchObject({ code: 'Protocol' });
    // One was made while it was written.
    await expect(configs('0')).resolves.toMatchObject({ topics: { size: 1 } });
    const groups = `{${version},"subscriptionGroupTable":{}}`;
    const asked = adminsWith(groups, { totalGroupNum: '1' }).broker(at).subscriptionGroups();
    await expect(asked).rejects.toMatchObject({ code: 'Protocol' });
  });

  it.each(['', ' ', '-1', '1.5', '0x10', 'NaN'])('an offset of %j is none', async (offset) => {
    const asked = adminsWith('', { offset }).broker(at).offsetAt(place);
    await expect(asked).rejects.toMatchObject({ code: 'Protocol' });
  });

  it('of places takes those that are none for none', async () => {
    const body = '{"offsetTable":{"T@G":{0:-1,1:4,-1:3}}}';
    const offsets = await adminsWith(body).broker(at).consumerOffsets();
    expect([...(offsets.get('G')?.get('T') ?? [])]).toEqual([[1, 4]]);
  });

  it('of ages takes a message of the future for a new one', async () => {
    const span = `{"messageQueue":${queue(0)},"minTimeStamp":0,"delayTime":-20}`;
    const ages = await adminsWith(`{"consumeTimeSpanSet":[${span}]}`).broker(at).unreadAges('G', 'T');
    expect([...ages]).toEqual([[0, 0]]);
  });

  it.each([
    ['nested too deep', `${'['.repeat(5_000)}${']'.repeat(5_000)}`],
    ['no number', 'NaN'],
    ['keyed by objects', '{{"a":1}:2}'],
  ])(
    'of a group with a field that is %s, so that nobody could write it again, is an error',
    async (_, value) => {
      const body = `{${version},"subscriptionGroupTable":{"G":${group('G').slice(0, -1)},"new":${value}}}}`;
      await expect(adminsWith(body).broker(at).subscriptionGroups()).rejects.toMatchObject({
        code: 'Protocol',
      });
    },
  );
});

describe('the words of a server', () => {
  it('are cut where they would fill a status', async () => {
    const transport = new ScriptedTransport(() => ({ code: 1, remark: 'x'.repeat(1_000_000) }));
    const asked = adminsOf({ transport, requestTimeoutMs: 5_000 }, new ManualClock()).broker(at).config();
    const error: unknown = await asked.catch((cause: unknown) => cause);
    expect(String(error).length).toBeLessThan(4_096);
  });

  it('are replaced where there are none', async () => {
    const transport = new ScriptedTransport(() => ({ code: 1, remark: ' ' }));
    const asked = adminsOf({ transport, requestTimeoutMs: 5_000 }, new ManualClock()).broker(at).config();
    await expect(asked).rejects.toThrow('getBrokerConfig: refused without a reason (code 1)');
  });
});
