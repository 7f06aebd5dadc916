import { describe, expect, it } from '@jest/globals';
import { parseCluster, parseConsumerGroup, parseTopic, parseUser, type Problem } from './parse.ts';

const object = <K extends string>(kind: K, spec: unknown, name = 'orders') => ({
  apiVersion: 'rocketmq.gantry.dev/v1beta1',
  kind,
  metadata: { name, namespace: 'exchange', uid: 'u', generation: 3 },
  spec,
});

const clusterProblems = (spec: unknown, name?: string): readonly Problem[] => {
  const parsed = parseCluster(object('RocketMQCluster', spec, name));
  return parsed.ok ? [] : parsed.problems;
};

const policyFields = (policy: unknown) => {
  const parsed = parseConsumerGroup(
    object('ConsumerGroup', { clusterRef: { name: 'exchange' }, retry: { policy } }),
  );
  return parsed.ok ? [] : parsed.problems.map((problem) => problem.field);
};

const userFields = (spec: object, name?: string) => {
  const parsed = parseUser(object('User', { clusterRef: { name: 'exchange' }, ...spec }, name));
  return parsed.ok ? [] : parsed.problems.map((problem) => problem.field);
};

const groups = [{ name: 'broker-a' }];

describe('parse', () => {
  it('fills in the defaults and keeps the rest of the object', () => {
    const parsed = parseCluster(object('RocketMQCluster', { brokers: { groups } }));
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        metadata: { name: 'orders', generation: 3 },
        spec: {
          version: '5.5.0',
          nameServers: { replicas: 3, config: {} },
          brokers: { replicas: 3, replication: 'Sync', flush: 'Sync', groups, storage: { size: '20Gi' } },
          proxy: { replicas: 2 },
          limits: { maxMessageBytes: 4_194_304, maxDelaySeconds: 259_200 },
          deletionPolicy: 'Retain',
        },
      },
    });
  });

  it('says what is missing, and what a quantity is, in words for people', () => {
    expect(clusterProblems({})).toEqual([{ field: 'spec.brokers', message: 'Required value' }]);
    const cpu = { brokers: { groups, resources: { requests: { cpu: true } } } };
    expect(clusterProblems(cpu)).toEqual([
      {
        field: 'spec.brokers.resources.requests.cpu',
        message: 'Invalid value: must be a whole number or a quantity such as 500m or 2Gi',
      },
    ]);
  });

  it.each([
    ['no spec', undefined, 'spec'],
    ['a wrong type', { brokers: 3 }, 'spec.brokers'],
    ['an empty list', { brokers: { groups: [] } }, 'spec.brokers.groups'],
    ['a bad name', { brokers: { groups: [{ name: 'Broker' }] } }, 'spec.brokers.groups[0].name'],
    ['two groups of one name', { brokers: { groups: [...groups, ...groups] } }, 'spec.brokers.groups'],
    ['two controllers', { brokers: { groups }, controllers: { replicas: 2 } }, 'spec.controllers.replicas'],
    [
      'more in sync than there are',
      { brokers: { groups, replicas: 1, minInSyncReplicas: 2 } },
      'spec.brokers',
    ],
    [
      'a fixed master that waits for no replica',
      { brokers: { groups, failover: 'Static', minInSyncReplicas: 1 } },
      'spec.brokers',
    ],
    ['controllers where nobody elects', { brokers: { groups, failover: 'Static' }, controllers: {} }, 'spec'],
    [
      'a request above its limit',
      { brokers: { groups, resources: { requests: { cpu: 2 }, limits: { cpu: '1' } } } },
      'spec.brokers.resources',
    ],
    ['a key that is no setting', { brokers: { groups, config: { 'a b': '1' } } }, 'spec.brokers.config'],
  ])('names the field of %s', (_, spec, field) => {
    expect(clusterProblems(spec).map((problem) => problem.field)).toEqual([field]);
  });

  it('applies the rules that need the name of the object', () => {
    expect(clusterProblems({ brokers: { groups } }, 'c'.repeat(41))).toMatchObject([
      { field: '', message: expect.stringMatching(/at most 40 characters/) },
      { field: '', message: expect.stringMatching(/together have at most 48/) },
    ]);
  });

  it('takes the name of a topic from the object, and refuses what RocketMQ would', () => {
    const clusterRef = { name: 'exchange' };
    expect(parseTopic(object('Topic', { clusterRef })).ok).toBe(true);
    expect(parseTopic(object('Topic', { clusterRef }, 'a.b'))).toMatchObject({
      ok: false,
      problems: [{ message: expect.stringMatching(/set spec.topicName/) }],
    });
    expect(parseTopic(object('Topic', { clusterRef, topicName: 'exchange' }))).toMatchObject({
      ok: false,
      problems: [{ message: expect.stringMatching(/named like the cluster/) }],
    });
    expect(parseTopic(object('Topic', { clusterRef, topicName: 'rmq_sys_a' }))).toMatchObject({
      ok: false,
      problems: [{ field: 'spec.topicName' }],
    });
  });

  it('takes exactly one retry policy', () => {
    expect(policyFields({ exponential: {} })).toEqual([]);
    expect(policyFields({ custom: { delaysMs: [1000] } })).toEqual([]);
    expect(policyFields({})).toEqual(['spec.retry.policy']);
    expect(policyFields({ exponential: {}, custom: { delaysMs: [1] } })).toEqual(['spec.retry.policy']);
    expect(policyFields({ exponential: { initialMs: 10, maxMs: 9 } })).toEqual([
      'spec.retry.policy.exponential',
    ]);
  });

  it('takes policies of a user as RocketMQ does', () => {
    const fields = (policy: object) =>
      userFields({ policies: [{ resource: 'Topic:ORDERS', actions: ['Pub'], ...policy }] });
    for (const resource of ['*', 'Topic:*', 'Topic:A*', 'Group:%RETRY%g', 'Cluster:exchange'])
      expect(fields({ resource })).toEqual([]);
    for (const resource of ['Topic', 'Topic:', 'Topic:A*B', 'Namespace:n', 'topic:a', 'User:u'])
      expect(fields({ resource })).toEqual(['spec.policies[0].resource']);
    for (const ip of ['10.0.0.1', '10.0.0.0/8', '::1/128', 'fd00::/8'])
      expect(fields({ sourceIps: [ip] })).toEqual([]);
    for (const ip of ['10.0.0.256', '10.0.0.0/33', 'localhost', '::1', 'fd00::/129'])
      expect(fields({ sourceIps: [ip] })).toEqual(['spec.policies[0].sourceIps[0]']);
    expect(fields({ actions: [] })).toEqual(['spec.policies[0].actions']);
    expect(fields({ actions: ['Any'] })).toEqual(['spec.policies[0].actions[0]']);
  });

  it('takes the name of a user from the object, unless it is one of the operator itself', () => {
    expect(userFields({})).toEqual([]);
    expect(userFields({}, 'gantry-user')).toEqual(['']);
    expect(userFields({}, 'a.b')).toEqual(['']);
    expect(userFields({ userName: 'order' }, 'gantry-user')).toEqual([]);
    expect(userFields({ credentials: 'Given' })).toEqual(['spec']);
  });

  it.each([null, [], 'text', 7])('never throws: a spec of %j', (spec) => {
    expect(parseTopic(object('Topic', spec)).ok).toBe(false);
  });
});
