import { describe, expect, it } from '@jest/globals';
import type { ClusterFacts, GroupFacts } from './probe/protocol.ts';
import { smallShape } from './small.ts';
import { lackingOf } from './whole.ts';

const shape = smallShape('n', 'c', 2);
const group: GroupFacts = {
  masterAddress: 'm:1',
  inSync: ['m:1', 'r:1'],
  notInSync: [],
  ids: [],
  registrations: { 'ns:1': { '0': 'm:1', '2': 'r:1' } },
};
const factsOf = (parts: Partial<GroupFacts>, errors: readonly string[] = []): ClusterFacts => ({
  controllers: {},
  groups: { 'broker-a': { ...group, ...parts } },
  errors,
});

describe('lackingOf', () => {
  it('finds nothing when every member is in sync and registered', () => {
    expect(lackingOf(factsOf({}), shape)).toEqual([]);
  });

  const { masterAddress: _master, ...masterless } = group;

  it.each<[string, ClusterFacts]>([
    ['somebody did not answer', factsOf({}, ['controller: timed out'])],
    ['the group is not known', { controllers: {}, groups: {}, errors: [] }],
    ['there is no master', { controllers: {}, groups: { 'broker-a': masterless }, errors: [] }],
    ['a member is not in sync', factsOf({ inSync: ['m:1'], notInSync: ['r:1'] })],
    ['a name server lacks a member', factsOf({ registrations: { 'ns:1': { '0': 'm:1' } } })],
    [
      'a name server takes another for the master',
      factsOf({ registrations: { 'ns:1': { '0': 'r:1', '1': 'm:1' } } }),
    ],
    ['a name server said nothing', factsOf({ registrations: {} })],
  ])('tells when %s', (_what, facts) => {
    expect(lackingOf(facts, shape)).toHaveLength(1);
  });
});
