import { describe, expect, it } from '@jest/globals';
import {
  groupNameProblem,
  isClusterTopic,
  type NameProblem,
  notReservedCel,
  reservedGroupPrefixes,
  reservedTopicPrefixes,
  systemGroups,
  systemTopics,
  topicNameProblem,
  userNameProblem,
} from './names.ts';

const topics: readonly (readonly [string, NameProblem | undefined])[] = [
  ['order-topic', undefined],
  ['Order_Topic|1%', undefined],
  ['a'.repeat(127), undefined],
  ['a'.repeat(128), 'TooLong'],
  ['', 'Empty'],
  ['with.dot', 'Alphabet'],
  ['with space', 'Alphabet'],
  ['plus+topic', 'Alphabet'],
  ['tópico', 'Alphabet'],
  ['line\n', 'Alphabet'],
  // The prefix is compared as it is written, and only at the beginning.
  ['RMQ_SYS_ORDERS', undefined],
  ['my_rmq_sys_topic', undefined],
  ['rmq_sys_orders', 'System'],
  ['%RETRY%group', 'System'],
  ['%DLQ%group', 'System'],
  ['%LMQ%queue', 'System'],
  ['TBW1022', undefined],
  ...systemTopics.map((name) => [name, 'System'] as const),
];

const groups: readonly (readonly [string, NameProblem | undefined])[] = [
  ['GID_order', undefined],
  ['g'.repeat(120), undefined],
  ['g'.repeat(121), 'TooLong'],
  ['', 'Empty'],
  ['bad.name', 'Alphabet'],
  ['CID_RMQ_SYS_TRANS', 'System'],
  ['CID_RMQ_SYS_anything', 'System'],
  ['%RETRY%group', 'System'],
  ['CID_orders', undefined],
  ['DEFAULT_CONSUMERS', undefined],
  ...systemGroups.map((name) => [name, 'System'] as const),
];

const users: readonly (readonly [string, NameProblem | undefined])[] = [
  ['order', undefined],
  ['Order_1-a', undefined],
  ['u'.repeat(60), undefined],
  ['u'.repeat(61), 'TooLong'],
  ['', 'Empty'],
  ['with.dot', 'Alphabet'],
  ['-order', 'Alphabet'],
  ['gantry2', undefined],
  ['gantry', 'System'],
  ['gantry-inner', 'System'],
];

describe('names', () => {
  it.each(topics)('topic %j: %s', (name, problem) => {
    expect(topicNameProblem(name)).toBe(problem);
  });

  it.each(groups)('group %j: %s', (name, problem) => {
    expect(groupNameProblem(name)).toBe(problem);
  });

  it.each(users)('user %j: %s', (name, problem) => {
    expect(userNameProblem(name)).toBe(problem);
  });

  it('knows the topics that every broker makes for its cluster', () => {
    expect(isClusterTopic('exchange', 'exchange')).toBe(true);
    expect(isClusterTopic('exchange_REPLY_TOPIC', 'exchange')).toBe(true);
    expect(isClusterTopic('exchange-topic', 'exchange')).toBe(false);
  });

  it('puts every reserved name into the rule', () => {
    const topicRule = notReservedCel(systemTopics, reservedTopicPrefixes);
    const groupRule = notReservedCel(systemGroups, reservedGroupPrefixes);
    for (const name of [...systemTopics, ...reservedTopicPrefixes]) expect(topicRule).toContain(`'${name}'`);
    for (const name of [...systemGroups, ...reservedGroupPrefixes]) expect(groupRule).toContain(`'${name}'`);
  });
});
