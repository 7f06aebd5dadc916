import { describe, expect, it } from '@jest/globals';
import type { Answer, Settings } from './observe.ts';
import { brokerView, groupView } from './testing/groups.ts';
import type { GroupView } from './view.ts';
import { reopenings } from './write-permission.ts';

const master = brokerView('a-0', { leads: true });
const replica = brokerView('a-1');
const group = groupView([master, replica]);

type Told = Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;

/** @param told by pod; undefined: it did not answer */
function opened(told: Told, over: GroupView) {
  const settings = new Map(
    Object.entries(told).map(([pod, values]): [string, Answer<Settings>] => [
      `${pod}:10911`,
      values === undefined
        ? { known: false, why: 'no answer' }
        : { known: true, value: new Map(Object.entries(values)) },
    ]),
  );
  return reopenings([over], { settings }).map(({ pod }) => pod);
}

const closedMaster = { brokerPermission: '4', brokerRole: 'SYNC_MASTER' };
const closedReplica = { brokerPermission: '4', brokerRole: 'SLAVE' };

describe('a broker that is closed to writes', () => {
  it('is opened when it is the master, and when it is a replica by its own word', () => {
    expect(opened({ 'a-0': closedMaster, 'a-1': closedReplica }, group)).toEqual(['a-0', 'a-1']);
  });

  it.each<readonly [string, Told, GroupView]>([
    ['it has not heard that it is a replica by now', { 'a-1': closedMaster }, group],
    ['it did not answer', { 'a-0': undefined }, group],
    [
      'it is open',
      { 'a-0': { brokerPermission: '6' }, 'a-1': { brokerPermission: '6', brokerRole: 'SLAVE' } },
      group,
    ],
    [
      'its master is fixed, which has reasons of its own',
      { 'a-0': closedMaster },
      { ...group, fixed: { minInSync: 2, closed: true } },
    ],
  ])('is left as it is when %s', (_when, told, over) => {
    expect(opened(told, over)).toEqual([]);
  });
});
