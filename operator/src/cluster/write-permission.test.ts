import { describe, expect, it } from '@jest/globals';
import type { Answer, Settings } from './observe.ts';
import { brokerView, groupView } from './testing/groups.ts';
import type { GroupView } from './view.ts';
import { closedMasters, reopenings } from './write-permission.ts';

const master = brokerView('a-0', { leads: true });
const replica = brokerView('a-1');
const group = groupView([master, replica]);

type Told = Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;

/** @param told by pod; undefined: it did not answer */
function settingsOf(told: Told): ReadonlyMap<string, Answer<Settings>> {
  return new Map(
    Object.entries(told).map(([pod, values]): [string, Answer<Settings>] => [
      `${pod}:10911`,
      values === undefined
        ? { known: false, why: 'no answer' }
        : { known: true, value: new Map(Object.entries(values)) },
    ]),
  );
}

const opened = (told: Told, over: GroupView) =>
  reopenings([over], { settings: settingsOf(told) }).map(({ pod }) => pod);

const refusing = (told: Told, over = group) => closedMasters([over], { settings: settingsOf(told) });

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

describe('a master that takes no sends', () => {
  const byGuard = {
    startAcceptSendRequestTimeStamp: '253402300798000',
    brokerPermission: '6',
    brokerRole: 'SYNC_MASTER',
  };
  const refused = (why: string) => ({
    reason: 'WritesRefused',
    message: `group a refuses every send: its master a-0 ${why}`,
    outage: true,
  });

  it('is told, by who closed it', () => {
    expect(refusing({ 'a-0': closedMaster })).toEqual([refused('is closed to writes')]);
    expect(refusing({ 'a-0': byGuard })).toEqual([
      refused('is closed by its guard, which does not hear from the controllers that it is master'),
    ]);
  });

  it('is told while nobody knows who is master', () => {
    const unknown = groupView([
      { ...master, leads: undefined },
      { ...replica, leads: undefined },
    ]);
    expect(refusing({ 'a-0': byGuard }, unknown)).toEqual([
      refused('is closed by its guard, which does not hear from the controllers that it is master'),
    ]);
  });

  it('is not opened when its guard closed it', () => {
    expect(opened({ 'a-0': byGuard }, group)).toEqual([]);
  });

  it.each<readonly [string, Told]>([
    ['of a master that takes sends', { 'a-0': { brokerPermission: '6' } }],
    ['of a master that did not answer', { 'a-0': undefined }],
    ['of one that another one replaced', { 'a-1': byGuard }],
  ])('nothing is told %s', (_whom, told) => {
    expect(refusing(told)).toEqual([]);
  });
});
