import { describe, expect, it } from '@jest/globals';
import { ScriptedTransport } from '../testing/scripted-transport.ts';
import type { TopicWrite } from '../types.ts';
import { topicCalls } from './broker-topics.ts';
import { Caller } from './caller.ts';

const adminOf = (answer: ConstructorParameters<typeof ScriptedTransport>[0] = () => ({})) => {
  const transport = new ScriptedTransport(answer);
  const caller = new Caller({ transport, address: 'broker:10911', requestTimeoutMs: 5000 });
  return { transport, admin: topicCalls(caller) };
};

const topic = (topicName: string, more: Partial<TopicWrite> = {}): TopicWrite => ({
  topicName,
  readQueueNums: 4,
  writeQueueNums: 4,
  perm: 6,
  order: false,
  attributes: { 'message.type': 'FIFO' },
  topicFilterType: 'SINGLE_TAG',
  topicSysFlag: 0,
  ...more,
});

describe('putTopic', () => {
  it('sends every field, attributes with their sign', async () => {
    const { admin, transport } = adminOf();
    await admin.putTopic(topic('T', { removeAttributes: ['reserve.time'] }));
    expect(transport.sent[0]).toMatchObject({
      code: 17,
      extFields: {
        topic: 'T',
        defaultTopic: 'TBW102',
        readQueueNums: '4',
        writeQueueNums: '4',
        perm: '6',
        topicFilterType: 'SINGLE_TAG',
        topicSysFlag: '0',
        order: 'false',
        attributes: '+message.type=FIFO,-reserve.time',
      },
    });
  });

  it.each([
    ['an illegal character', topic('a.b')],
    ['no name', topic('')],
    ['a long name', topic('x'.repeat(128))],
    ['a fraction of a queue', topic('T', { readQueueNums: 1.5 })],
    ['an unknown permission', topic('T', { perm: 8 })],
    ['a signed attribute', topic('T', { attributes: { '+message.type': 'FIFO' } })],
    ['an attribute that would split', topic('T', { attributes: { a: 'b,+c=d' } })],
  ])('refuses %s before sending', async (_name, bad) => {
    const { admin, transport } = adminOf();
    await expect(admin.putTopic(bad)).rejects.toMatchObject({ code: 'Invalid', retryable: false });
    expect(transport.sent).toHaveLength(0);
  });

  it('allows the long names of retry and dead-letter topics', async () => {
    const { admin, transport } = adminOf();
    await admin.putTopic(topic(`%RETRY%${'x'.repeat(200)}`));
    expect(transport.sent).toHaveLength(1);
  });
});

const itemsOf = (body: string): readonly string[] =>
  [...body.matchAll(/"topicName":"([^"]+)"/g)].map(([, name = '']) => name);

describe('putTopics', () => {
  it('sends one list, every item with a signed attribute', async () => {
    const { admin, transport } = adminOf();
    await expect(admin.putTopics([topic('a'), topic('b')])).resolves.toEqual(new Map());
    expect(transport.sent).toHaveLength(1);
    expect(JSON.parse(transport.sent[0]?.body ?? '')).toEqual({
      topicConfigList: ['a', 'b'].map((topicName) => ({
        topicName,
        readQueueNums: 4,
        writeQueueNums: 4,
        perm: 6,
        topicFilterType: 'SINGLE_TAG',
        topicSysFlag: 0,
        order: false,
        attributes: { '+message.type': 'FIFO' },
      })),
    });
  });

  it('sends a topic without attributes alone: as part of a list it could end the list', async () => {
    const { admin, transport } = adminOf();
    await admin.putTopics([topic('plain', { attributes: {} }), topic('a')]);
    expect(transport.sent.map(({ code }) => code)).toEqual([18, 17]);
  });

  it('cuts long lists', async () => {
    const { admin, transport } = adminOf();
    await admin.putTopics(Array.from({ length: 1200 }, (_, index) => topic(`t${index}`)));
    expect(transport.sent.map(({ body }) => itemsOf(body).length)).toEqual([500, 500, 200]);
  });

  it.each([
    ['does not know lists', 3],
    ['refuses the list', 1],
  ])('goes one by one when the broker %s, and names what it refused', async (_name, code) => {
    const { admin, transport } = adminOf((sent) => {
      if (sent.code === 18) return { code, remark: 'no lists' };
      return sent.extFields['topic'] === 'b' ? { code: 29, remark: 'no b' } : {};
    });
    const refused = await admin.putTopics([topic('a'), topic('b'), topic('c'), topic('bad.name')]);
    expect([...refused].map(([name, error]) => [name, error.code, error.responseCode])).toEqual([
      ['bad.name', 'Invalid', undefined],
      ['b', 'Invalid', 29],
    ]);
    expect(transport.sent.map((sent) => sent.code)).toEqual([18, 17, 17, 17]);
  });

  it('throws when the broker has no time: that says nothing about any topic', async () => {
    const { admin, transport } = adminOf(() => ({ code: 2, remark: 'busy' }));
    await expect(admin.putTopics([topic('a')])).rejects.toMatchObject({ code: 'Busy' });
    expect(transport.sent).toHaveLength(1);
  });

  it('sends nothing for nothing', async () => {
    const { admin, transport } = adminOf();
    await admin.putTopics([]);
    expect(transport.sent).toHaveLength(0);
  });
});

describe('reading topics', () => {
  const stored =
    '{"attributes":{"message.type":"NORMAL"},"order":false,"perm":6,"readQueueNums":2,"topicFilterType":"SINGLE_TAG","topicName":"TopicA","topicSysFlag":0,"writeQueueNums":2}';
  const read = {
    topicName: 'TopicA',
    readQueueNums: 2,
    writeQueueNums: 2,
    perm: 6,
    order: false,
    attributes: { 'message.type': 'NORMAL' },
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: 0,
  };

  it('reads one', async () => {
    await expect(adminOf(() => ({ body: stored })).admin.topicConfig('TopicA')).resolves.toEqual(read);
  });

  it('is undefined for an unknown topic, and only then', async () => {
    await expect(adminOf(() => ({ code: 17 })).admin.topicConfig('T')).resolves.toBeUndefined();
    await expect(adminOf(() => ({ code: 1 })).admin.topicConfig('T')).rejects.toMatchObject({
      code: 'Refused',
    });
    await expect(adminOf(() => ({ body: '' })).admin.topicConfig('T')).rejects.toMatchObject({
      code: 'Protocol',
    });
  });

  it('reads all', async () => {
    const version = '{"counter":13,"stateVersion":0,"timestamp":1795458425398}';
    const body = `{"dataVersion":${version},"mappingDataVersion":${version},"topicConfigTable":{"TopicA":${stored}},"topicQueueMappingDetailMap":{},"topicQueueMappingInfoMap":{}}`;
    await expect(adminOf(() => ({ body })).admin.topicConfigs()).resolves.toEqual({
      dataVersion: { counter: 13, stateVersion: 0, timestamp: 1795458425398 },
      topics: new Map([['TopicA', read]]),
    });
  });

  it('reads offsets by queue', async () => {
    const body =
      '{"offsetTable":{{"brokerName":"broker-a","queueId":1,"topic":"TopicA"}:{"lastUpdateTimestamp":0,"maxOffset":7,"minOffset":2}},"topicPutTps":0.0}';
    await expect(adminOf(() => ({ body })).admin.topicStats('TopicA')).resolves.toEqual({
      queues: [
        {
          brokerName: 'broker-a',
          topic: 'TopicA',
          queueId: 1,
          minOffset: 2,
          maxOffset: 7,
          lastUpdateTimestamp: 0,
        },
      ],
    });
  });
});
