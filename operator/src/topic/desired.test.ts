import { describe, expect, it } from '@jest/globals';
import type { Topic, TopicSpec } from '../api/mod.ts';
import { declareTopic } from './desired.ts';

const spec: TopicSpec = {
  clusterRef: { name: 'exchange' },
  type: 'Normal',
  queuesPerBroker: 8,
  permission: 'ReadWrite',
  attributes: {},
  adoptionPolicy: 'Adopt',
  deletionPolicy: 'Retain',
  deletionGuards: { onlyIfEmpty: false, onlyIfUnused: false },
};
const topic = (change: object): Topic => ({
  apiVersion: 'rocketmq.gantry.dev/v1beta1',
  kind: 'Topic',
  metadata: { name: 'order-topic', namespace: 'n' },
  spec: { ...spec, ...change },
});

/** As the server hands it over, rules or no rules. */
function stored(anything: unknown): Topic {
  return JSON.parse(JSON.stringify({ ...topic({}), spec: anything }));
}

describe('declareTopic', () => {
  it('takes the name of the object unless the spec has another', () => {
    expect(declareTopic(topic({}))).toMatchObject({
      ok: true,
      name: 'order-topic',
      clusterKey: 'n/exchange',
    });
    expect(declareTopic(topic({ topicName: 'Order_Topic' }))).toMatchObject({
      ok: true,
      name: 'Order_Topic',
    });
  });

  it.each([
    ['Normal', 'NORMAL'],
    ['FIFO', 'FIFO'],
    ['Delay', 'DELAY'],
    ['Transaction', 'TRANSACTION'],
    ['Unspecified', 'UNSPECIFIED'],
    ['Mixed', 'MIXED'],
  ])('type %s is message.type %s', (type, value) => {
    expect(declareTopic(topic({ type }))).toMatchObject({
      desired: { attributes: { 'message.type': value } },
    });
  });

  it.each([
    ['ReadWrite', 6],
    ['ReadOnly', 4],
    ['WriteOnly', 2],
  ])('permission %s is %d', (permission, perm) => {
    expect(declareTopic(topic({ permission }))).toMatchObject({ desired: { perm } });
  });

  it('fills in defaults of an object stored without them', () => {
    expect(declareTopic(stored({ clusterRef: { name: 'exchange' } }))).toMatchObject({
      ok: true,
      desired: { queues: 8, perm: 6 },
    });
  });

  it.each([
    ['a system name', { topicName: 'TBW102' }, 'spec.topicName'],
    ['an unknown type', { type: 'Lite' }, 'spec.type'],
    ['no queue', { queuesPerBroker: 0 }, 'spec.queuesPerBroker'],
  ])('names the field of %s and still files it under its cluster', (_name, change, field) => {
    const declaration = declareTopic(topic(change));
    expect(declaration).toMatchObject({ ok: false, clusterKey: 'n/exchange' });
    expect(declaration.ok ? '' : declaration.message).toContain(field);
  });

  it('survives a spec that is nothing like one', () => {
    for (const broken of [undefined, null, 7, {}, { clusterRef: 'x' }, { clusterRef: { name: 3 } }]) {
      const declaration = declareTopic(stored(broken));
      expect(declaration.ok).toBe(false);
    }
  });
});
