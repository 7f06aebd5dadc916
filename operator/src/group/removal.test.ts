import { describe, expect, it } from '@jest/globals';
import type { TopicConfig } from '../rocketmq/mod.ts';
import { groupRemoval, retryTopicsOf } from './removal.ts';

const offsets = (read: Readonly<Record<string, readonly string[]>>) =>
  new Map(
    Object.entries(read).map(([group, topics]) => [
      group,
      new Map(topics.map((topic) => [topic, new Map([[0, 1]])])),
    ]),
  );
const topics = (...names: readonly string[]) =>
  new Map(
    names.map((topicName): readonly [string, TopicConfig] => [
      topicName,
      {
        topicName,
        readQueueNums: 1,
        writeQueueNums: 1,
        perm: 6,
        order: false,
        attributes: {},
        topicFilterType: 'SINGLE_TAG',
        topicSysFlag: 0,
      },
    ]),
  );

describe('retry topics of a group', () => {
  it('are its own and those of POP, as far as there are any', () => {
    const held = topics('%RETRY%g', '%RETRY%g_t', '%RETRY%g+u', '%RETRY%other', '%DLQ%g', 't');
    expect(retryTopicsOf('g', offsets({ g: ['t', 'u', 'v'] }), held, ['g', 'other'])).toEqual([
      '%RETRY%g',
      '%RETRY%g_t',
      '%RETRY%g+u',
    ]);
  });

  it('are none of a topic that the group never read, however its name looks', () => {
    expect(retryTopicsOf('g', offsets({}), topics('%RETRY%g_t'), ['g'])).toEqual([]);
  });

  it('do not have a name that is another group’s as well', () => {
    const both = offsets({ a: ['b_c'], a_b: ['c'] });
    const held = topics('%RETRY%a', '%RETRY%a_b', '%RETRY%a_b_c');
    expect(retryTopicsOf('a', both, held, ['a', 'a_b'])).toEqual(['%RETRY%a']);
    expect(retryTopicsOf('a_b', both, held, ['a', 'a_b'])).toEqual(['%RETRY%a_b']);
  });
});

describe('the retry topic of another group', () => {
  it('stays, whether that one has read anything or not', () => {
    const held = topics('%RETRY%a', '%RETRY%a_b');
    expect(retryTopicsOf('a', offsets({ a: ['b'] }), held, ['a', 'a_b'])).toEqual(['%RETRY%a']);
    expect(retryTopicsOf('a', offsets({ a: ['b'] }), held, ['a'])).toEqual(['%RETRY%a', '%RETRY%a_b']);
  });
});

describe('routes of a group', () => {
  it.each([
    ['%RETRY%g', true],
    ['%RETRY%g_t', true],
    ['%RETRY%g+t', true],
    ['%DLQ%g', true],
    ['%RETRY%g2', false],
    ['%DLQ%g2', false],
    ['g', false],
  ])('%s: %s', (topic, belongs) => {
    expect(groupRemoval.isRouteOf(topic, 'g')).toBe(belongs);
  });
});
