import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { TopicConfig, TopicWrite } from '../rocketmq/mod.ts';
import type { DesiredTopic } from './desired.ts';
import { compareTopic, isTopicRouted } from './diff.ts';

const desired: DesiredTopic = {
  topicName: 'T',
  queues: 8,
  perm: 6,
  attributes: { 'message.type': 'FIFO' },
};
const held: TopicConfig = {
  topicName: 'T',
  readQueueNums: 8,
  writeQueueNums: 8,
  perm: 6,
  order: false,
  attributes: { 'message.type': 'FIFO' },
  topicFilterType: 'SINGLE_TAG',
  topicSysFlag: 0,
};

describe('compareTopic', () => {
  it('creates what is missing, with its type as an attribute', () => {
    expect(compareTopic(desired, undefined)).toEqual({ kind: 'Create', write: { ...held, order: false } });
  });

  const cases: readonly (readonly [
    string,
    Partial<DesiredTopic>,
    Partial<TopicConfig>,
    readonly string[],
  ])[] = [
    ['equal', {}, {}, []],
    ['more read queues wanted', {}, { readQueueNums: 4 }, ['readQueueNums']],
    ['more queues wanted', { queues: 16 }, {}, ['readQueueNums', 'writeQueueNums']],
    ['permission', { perm: 4 }, {}, ['perm']],
    ['type', {}, { attributes: { 'message.type': 'NORMAL' } }, ['message.type']],
    ['no type held, FIFO wanted', {}, { attributes: {} }, ['message.type']],
    [
      'no type held means UNSPECIFIED',
      { attributes: { 'message.type': 'UNSPECIFIED' } },
      { attributes: {} },
      [],
    ],
    [
      'attribute not declared is left alone',
      {},
      { attributes: { 'message.type': 'FIFO', 'reserve.time': '9' } },
      [],
    ],
    ['order flag is left alone', {}, { order: true }, []],
  ];
  it.each(cases)('%s', (_name, wanted, actual, keys) => {
    const difference = compareTopic({ ...desired, ...wanted }, { ...held, ...actual });
    expect(difference.kind === 'Change' ? difference.keys : []).toEqual(keys);
    expect(difference.kind).toBe(keys.length === 0 ? 'Same' : 'Change');
  });

  it('sends back what the spec does not have', () => {
    const difference = compareTopic(
      { ...desired, perm: 4 },
      { ...held, order: true, topicFilterType: 'MULTI_TAG', topicSysFlag: 1 },
    );
    expect(difference).toMatchObject({
      kind: 'Change',
      write: { perm: 4, order: true, topicFilterType: 'MULTI_TAG', topicSysFlag: 1 },
    });
  });

  const typed = (type: string): Pick<TopicConfig, 'attributes'> => ({ attributes: { 'message.type': type } });

  it.each<readonly [string, Partial<TopicConfig>, Partial<TopicConfig>, readonly string[]]>([
    ['both', { readQueueNums: 16, writeQueueNums: 16 }, { readQueueNums: 16 }, ['writeQueueNums']],
    [
      'those that nobody reads',
      { writeQueueNums: 16 },
      { readQueueNums: 16 },
      ['readQueueNums', 'writeQueueNums'],
    ],
    [
      'also with another type, which changes at the end',
      { readQueueNums: 16, writeQueueNums: 16, ...typed('DELAY') },
      { readQueueNums: 16, ...typed('DELAY') },
      ['writeQueueNums'],
    ],
    [
      'and takes the permission along',
      { readQueueNums: 16, writeQueueNums: 16, perm: 2 },
      { readQueueNums: 16 },
      ['writeQueueNums', 'perm'],
    ],
  ])('closes queues that are too many, %s', (_name, actual, write, keys) => {
    expect(compareTopic(desired, { ...held, ...actual })).toEqual({
      kind: 'Change',
      keys,
      write: { ...held, ...write },
    });
  });

  it('gives closed queues up once they are empty, with all that waits for it', () => {
    expect(compareTopic(desired, { ...held, readQueueNums: 16, ...typed('DELAY') })).toEqual({
      kind: 'Drain',
      keys: ['readQueueNums', 'message.type'],
      write: held,
    });
  });

  it('refuses a change of what RocketMQ fixes at creation', () => {
    const wanted = { ...desired, attributes: { ...desired.attributes, 'queue.type': 'BatchCQ' } };
    expect(compareTopic(wanted, held)).toMatchObject({ kind: 'Refused', reason: 'AttributeImmutable' });
  });
});

const types = fc.constantFrom('UNSPECIFIED', 'NORMAL', 'FIFO', 'DELAY', 'TRANSACTION');
const perms = fc.constantFrom(6, 4, 2);
const queueCounts = fc.integer({ min: 1, max: 32 });
const anyDesired: fc.Arbitrary<DesiredTopic> = fc.record({
  topicName: fc.constant('T'),
  queues: queueCounts,
  perm: perms,
  attributes: fc.record(
    {
      'message.type': types,
      'reserve.time': fc.constantFrom('1', '-1'),
      'queue.type': fc.constantFrom('SimpleCQ', 'BatchCQ'),
    },
    { requiredKeys: ['message.type'] },
  ),
});
const anyHeld: fc.Arbitrary<TopicConfig> = fc.record({
  topicName: fc.constant('T'),
  readQueueNums: queueCounts,
  writeQueueNums: queueCounts,
  perm: perms,
  order: fc.boolean(),
  attributes: fc.dictionary(
    fc.constantFrom('message.type', 'reserve.time', 'queue.type', 'other'),
    fc.constantFrom('NORMAL', '1', 'SimpleCQ'),
  ),
  topicFilterType: fc.constantFrom('SINGLE_TAG', 'MULTI_TAG'),
  topicSysFlag: fc.integer({ min: 0, max: 3 }),
});

/** What a broker holds after a write: all fields replaced, attributes merged. */
function afterWrite(write: TopicWrite, before: TopicConfig | undefined): TopicConfig {
  return { ...write, attributes: { ...before?.attributes, ...write.attributes } };
}

describe('properties', () => {
  it('one write is enough, or one before queues run empty and one after', () => {
    fc.assert(
      fc.property(anyDesired, fc.option(anyHeld, { nil: undefined }), (wanted, actual) => {
        let difference = compareTopic(wanted, actual);
        let now = actual;
        if (difference.kind === 'Create' || difference.kind === 'Change') {
          now = afterWrite(difference.write, now);
          difference = compareTopic(wanted, now);
        }
        if (difference.kind === 'Drain') difference = compareTopic(wanted, afterWrite(difference.write, now));
        expect(['Same', 'Refused']).toContain(difference.kind);
      }),
    );
  });

  it('before they run empty no queue that has taken messages is out of reach', () => {
    fc.assert(
      fc.property(anyDesired, anyHeld, (wanted, actual) => {
        const difference = compareTopic(wanted, actual);
        if (difference.kind !== 'Change') return;
        const most = Math.max(actual.readQueueNums, actual.writeQueueNums);
        expect(difference.write.readQueueNums).toBe(Math.max(most, wanted.queues));
        expect(difference.write.writeQueueNums).toBe(wanted.queues);
      }),
    );
  });

  it('every write names an attribute, or request 18 would drop the whole batch', () => {
    fc.assert(
      fc.property(anyDesired, fc.option(anyHeld, { nil: undefined }), (wanted, actual) => {
        const difference = compareTopic(wanted, actual);
        if (difference.kind === 'Same' || difference.kind === 'Refused') return;
        expect(Object.keys(difference.write.attributes)).toContain('message.type');
      }),
    );
  });
});

describe('isTopicRouted', () => {
  const queues = { brokerName: 'a', readQueueNums: 8, writeQueueNums: 8, perm: 6, topicSysFlag: 0 };
  const broker = { brokerName: 'a', cluster: 'c', addresses: new Map([[0, 'a:1']]) };
  const cases: readonly (readonly [string, Partial<typeof queues>, boolean])[] = [
    ['complete', {}, true],
    ['drained: no write permission on purpose', { perm: 4 }, true],
    ['old queue count', { readQueueNums: 4 }, false],
    ['another group', { brokerName: 'b' }, false],
  ];
  it.each(cases)('%s', (_name, change, routed) => {
    expect(isTopicRouted(desired, 'a', { brokers: [broker], queues: [{ ...queues, ...change }] })).toBe(
      routed,
    );
  });
});
