import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { ClusterView } from '../../objects/mod.ts';
import { defaultSubscriptionGroup, type TopicConfig } from '../../rocketmq/mod.ts';
import { consumerGroups, topics } from './kinds.ts';
import { planImport, type Found, type Import } from './plan.ts';
import { printObjects, summary } from './print.ts';

const view: ClusterView = {
  key: 'prod/c',
  ready: true,
  leaving: false,
  paused: false,
  allowedNamespaces: { from: 'Same' },
  nameServers: [],
  controllers: [],
  proxy: '',
  grpc: '',
  accessControl: false,
  members: [],
  groups: ['a', 'b'],
  clusterName: 'c',
  heldBack: { timedMs: 0, transactionMs: 0 },
};
const target = { key: { namespace: 'prod', name: 'c' }, view };

function config(topicName: string, rest: Partial<TopicConfig> = {}): TopicConfig {
  return {
    topicName,
    readQueueNums: 8,
    writeQueueNums: 8,
    perm: 6,
    order: false,
    attributes: {},
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: 0,
    ...rest,
  };
}

function found<Actual>(
  held: Readonly<Record<string, readonly (readonly [string, Actual])[]>>,
  rest: Partial<Found<Actual>> = {},
): Found<Actual> {
  const tables = Object.entries(held).map(([group, entries]) => [group, new Map(entries)] as const);
  return { held: new Map(tables), declared: new Set(), taken: new Set(), ...rest };
}

/** On both broker groups. */
function importTopic(name: string, rest: Partial<TopicConfig> = {}): Import {
  const entry = [name, config(name, rest)] as const;
  return planImport(topics, found({ a: [entry], b: [entry] }), target);
}

function specs({ written }: Import): readonly unknown[] {
  return written.map(({ object }) => object.spec);
}

describe('an import of topics', () => {
  it.each([
    ['without a type', {}, { type: 'Unspecified' }],
    ['of every type', { attributes: { 'message.type': 'MIXED' } }, { type: 'Mixed' }],
    ['of a type', { attributes: { 'message.type': 'FIFO' } }, { type: 'FIFO' }],
    ['only to read', { perm: 4 }, { type: 'Unspecified', permission: 'ReadOnly' }],
    [
      'with attributes',
      { attributes: { 'reserve.time': '72', 'cleanup.policy': 'COMPACTION' } },
      { type: 'Unspecified', attributes: { 'reserve.time': '72', 'cleanup.policy': 'COMPACTION' } },
    ],
  ])('declares one %s', (_what, rest, spec) => {
    const { written, leftOut } = importTopic('orders', rest);
    expect(leftOut).toEqual([]);
    expect(written).toEqual([
      {
        object: {
          apiVersion: 'rocketmq.gantry.dev/v1beta1',
          kind: 'Topic',
          metadata: { namespace: 'prod', name: 'orders' },
          spec: { clusterRef: { name: 'c' }, queuesPerBroker: 8, ...spec },
        },
        differs: [],
      },
    ]);
  });

  it('names the broker groups of one that is not on all', () => {
    const plan = planImport(topics, found({ a: [], b: [['t', config('t')]] }), target);
    expect(specs(plan)).toEqual([expect.objectContaining({ brokerGroups: ['b'] })]);
  });

  it.each([
    ['fewer queues to write than to read', { writeQueueNums: 4 }, 'a: other writeQueueNums'],
    ['a permission that no spec has', { perm: 7 }, 'a: other perm'],
    ['a type that nobody knows', { attributes: { 'message.type': 'LITE' } }, 'a: other message.type'],
  ])('only observes one that has %s', (_what, rest, why) => {
    const { written } = importTopic('t', rest);
    expect(written[0]?.object.spec['adoptionPolicy']).toBe('Observe');
    expect(written[0]?.differs).toContain(why);
  });

  it('only observes one that differs from broker group to broker group, and says so in both outputs', () => {
    const plan = planImport(
      topics,
      found({ a: [['t', config('t')]], b: [['t', config('t', { readQueueNums: 4, writeQueueNums: 4 })]] }),
      target,
    );
    expect(specs(plan)).toEqual([expect.objectContaining({ queuesPerBroker: 8, adoptionPolicy: 'Observe' })]);
    const why = 'b: other readQueueNums, writeQueueNums';
    expect(printObjects(plan, { language: 'yaml', secrets: false })).toContain(`---\n# ${why}\napiVersion: `);
    expect(JSON.parse(printObjects(plan, { language: 'json', secrets: false }))).toMatchObject({
      kind: 'List',
      items: [{ kind: 'Topic' }],
    });
    expect(summary(plan, 3, { language: 'json', secrets: false })).toEqual([
      '1 objects, 1 of which only observe; 3 were declared before',
      `Topic t only observes: ${why}`,
    ]);
  });

  it('leaves out what no object can be, and says why', () => {
    const { written, leftOut } = importTopic('t', { readQueueNums: 5_000, writeQueueNums: 5_000 });
    expect(written).toEqual([]);
    expect(leftOut).toEqual([expect.stringMatching(/^topic t: .*queuesPerBroker/)]);
  });

  it('passes over what is RocketMQ’s own, or declared', () => {
    const own = [
      'TBW102',
      'rmq_sys_x',
      '%RETRY%g',
      '%DLQ%g',
      'RMQ_SYS_TRACE_TOPIC',
      'a',
      'c',
      'c_REPLY_TOPIC',
    ];
    const entries = [...own, 'mine'].map((name) => [name, config(name)] as const);
    const plan = planImport(
      topics,
      found({ a: entries, b: entries }, { declared: new Set(['mine']) }),
      target,
    );
    expect(plan).toEqual({ written: [], leftOut: [] });
  });

  it('gives names that Kubernetes takes, each once', () => {
    const names = ['ORDERS', 'orders', 'Pay_ments', 'taken', '%|_', 'plain'];
    const entries = names.map((name) => [name, config(name)] as const);
    const { written } = planImport(
      topics,
      found({ a: entries, b: entries }, { taken: new Set(['taken']) }),
      target,
    );
    const byTopic = new Map(
      written.map(({ object: { metadata, spec } }) => [spec['topicName'] ?? metadata.name, metadata.name]),
    );
    expect(byTopic.get('Pay_ments')).toBe('pay-ments');
    expect(byTopic.get('plain')).toBe('plain');
    expect(byTopic.get('ORDERS')).toMatch(/^orders-[0-9a-f]{8}$/);
    expect(byTopic.get('orders')).toMatch(/^orders-[0-9a-f]{8}$/);
    expect(byTopic.get('taken')).toMatch(/^taken-[0-9a-f]{8}$/);
    expect(byTopic.get('%|_')).toMatch(/^[0-9a-f]{8}$/);
    expect(new Set(byTopic.values()).size).toBe(names.length);
  });

  it('whose output is applied changes nothing, whatever there is', () => {
    const topicConfig = fc.record({
      readQueueNums: fc.integer({ min: 0, max: 1_100 }),
      writeQueueNums: fc.integer({ min: 0, max: 1_100 }),
      perm: fc.integer({ min: 0, max: 7 }),
      attributes: fc.dictionary(
        fc.constantFrom('message.type', 'queue.type', 'cleanup.policy', 'reserve.time', 'lite.expiration'),
        fc.constantFrom('NORMAL', 'MIXED', 'BatchCQ', 'COMPACTION', '72', 'odd'),
      ),
    });
    const tables = fc.array(
      fc.record({
        name: fc.string({
          unit: fc.constantFrom('A', 'a', '%', '_', '-', '|', '7'),
          minLength: 1,
          maxLength: 4,
        }),
        a: fc.option(topicConfig, { nil: undefined }),
        b: fc.option(topicConfig, { nil: undefined }),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(tables, (rows) => {
        const held = (group: 'a' | 'b') =>
          rows.flatMap((row) => {
            const rest = row[group];
            return rest === undefined ? [] : [[row.name, config(row.name, rest)] as const];
          });
        const there = found({ a: held('a'), b: held('b') });
        for (const { object } of planImport(topics, there, target).written) {
          const declaration = topics.kind.declare(JSON.parse(JSON.stringify(object)));
          if (!declaration.ok) throw new Error(declaration.message);
          for (const group of declaration.groups ?? ['a', 'b']) {
            const actual = there.held.get(group)?.get(declaration.name);
            const { kind } = topics.kind.compare(declaration.desired, actual);
            expect(declaration.adoption === 'Observe' || kind === 'Same').toBe(true);
          }
        }
      }),
    );
  });
});

describe('an import of consumer groups', () => {
  const usual = defaultSubscriptionGroup('g');

  it.each([
    ['as RocketMQ makes them', usual, { broadcast: true }],
    ['in order', { ...usual, consumeMessageOrderly: true, consumeBroadcastEnable: false }, { ordered: true }],
    [
      'with a policy of their own',
      {
        ...usual,
        retryMaxTimes: 3,
        groupRetryPolicy: { type: 'EXPONENTIAL', initialMs: 100, maxMs: 1_000, multiplier: 3 } as const,
      },
      {
        broadcast: true,
        retry: {
          maxAttempts: 3,
          policy: { exponential: { initialMs: 100, maxMs: 1_000, multiplier: 3 } },
        },
      },
    ],
  ])('declares those %s', (_what, actual, spec) => {
    const plan = planImport(consumerGroups, found({ a: [['g', actual]], b: [['g', actual]] }), target);
    expect(plan.written).toEqual([
      { object: expect.objectContaining({ spec: { clusterRef: { name: 'c' }, ...spec } }), differs: [] },
    ]);
  });

  it('only observes one that is not on all broker groups', () => {
    const plan = planImport(consumerGroups, found({ a: [['g', usual]], b: [] }), target);
    expect(plan.written[0]).toMatchObject({
      object: { spec: { adoptionPolicy: 'Observe' } },
      differs: ['b has none'],
    });
  });
});
