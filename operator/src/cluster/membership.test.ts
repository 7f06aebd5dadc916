import { describe, expect, it } from '@jest/globals';
import { goneIdentities, reattachments } from './membership.ts';
import { brokerView, groupView } from './testing/groups.ts';

const master = brokerView('a-0', { leads: true, facts: { brokerId: 1 } });
const apart = brokerView('a-1', { inSync: false });

type Groups = Parameters<typeof reattachments>[0];

/** Of everybody. */
const settingsOf = (role: string | undefined): Parameters<typeof reattachments>[1] =>
  new Map(
    ['a-0', 'a-1', 'a-2'].map((pod) => [
      `${pod}:10911`,
      role === undefined
        ? { known: false, why: 'no answer' }
        : { known: true, value: new Map([['brokerRole', role]]) },
    ]),
  );
const reattached = (groups: Groups): ReturnType<typeof reattachments> =>
  reattachments(groups, settingsOf('SLAVE'));

describe('reattachments', () => {
  it('names each replica that runs apart from its master, under this master', () => {
    expect(reattached([groupView([master, apart, brokerView('a-2')])])).toEqual([
      { address: 'a-1:10911', key: 'a-1@3/all' },
    ]);
  });

  it('does not wait for a name server that is silent, and names them again when that one lists the master', () => {
    const facts = { registered: undefined, listed: true };
    const sure = brokerView('a-0', { leads: true, healthy: undefined, facts });
    expect(reattached([groupView([sure, apart])])).toEqual([{ address: 'a-1:10911', key: 'a-1@3/some' }]);
  });

  it.each([
    ['there is no master', [brokerView('a-0', { inSync: false }), apart]],
    [
      'a name server says that it does not list its master',
      [brokerView('a-0', { leads: true, facts: { registered: false } }), apart],
    ],
    [
      'no name server says whether it lists its master',
      [brokerView('a-0', { leads: true, facts: { registered: undefined } }), apart],
    ],
    ['it is starting', [master, brokerView('a-1', { inSync: false, phase: 'Starting' })]],
    ['it does not answer', [master, brokerView('a-1', { inSync: false, facts: { answers: false } })]],
    ['nobody knows whether it is in sync', [master, brokerView('a-1', { inSync: undefined })]],
  ])('names nobody while %s', (_when, members) => {
    expect(reattached([groupView(members)])).toEqual([]);
  });

  it.each([
    ['it takes itself for the master still: it would be listed as one, and take sends', 'SYNC_MASTER'],
    ['it was not told its role yet', 'ASYNC_MASTER'],
    ['it does not say what it is', undefined],
  ])('names nobody while %s', (_when, role) => {
    expect(reattachments([groupView([master, apart])], settingsOf(role))).toEqual([]);
  });
});

describe('goneIdentities', () => {
  const living = [1, 2].map((brokerId) => ({ brokerId, alive: true }));
  const whole = [master, brokerView('a-1', { facts: { brokerId: 2 } })];

  it('names the dead once every declared member is in sync under a living id', () => {
    const dead = [7, 3].map((brokerId) => ({ brokerId, alive: false }));
    expect(goneIdentities([groupView(whole, [...living, ...dead])])).toEqual([
      { group: 'a', brokerIds: [3, 7] },
    ]);
  });

  it('names nobody when there is nobody to forget', () => {
    expect(goneIdentities([groupView(whole, living)])).toEqual([]);
  });

  it.each([
    ['is out of sync', brokerView('a-1', { inSync: false, healthy: false, facts: { brokerId: 2 } })],
    ['is not known to be healthy', brokerView('a-1', { healthy: undefined, facts: { brokerId: 2 } })],
    ['has no living id: it may be the dead one', brokerView('a-1')],
  ])('names nobody while a member %s', (_state, member) => {
    const identities = [...living, { brokerId: 3, alive: false }];
    expect(goneIdentities([groupView([master, member], identities)])).toEqual([]);
  });
});
