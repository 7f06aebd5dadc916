import { describe, expect, it } from '@jest/globals';
import { handOverBeforeDrain, strandedMasters } from './departure.ts';
import { decideRollout, openGate } from './rollout.ts';
import { brokerView, groupView } from './testing/groups.ts';
import type { MemberView } from './view.ts';

const master = (over: Partial<MemberView> = {}): MemberView =>
  brokerView('m-0', { leads: true, departing: true, ...over });
const replica = (over: Partial<MemberView> = {}): MemberView => brokerView('r-0', over);

const drain = { group: 'a', from: 'm-0', to: 'r-0', why: 'whose node is about to be emptied' };

describe('handOverBeforeDrain', () => {
  it('hands over to a member that stays', () => {
    expect(handOverBeforeDrain([master(), brokerView('r-9', { departing: true }), replica()])).toEqual(drain);
  });

  it('prefers who runs the new revision', () => {
    const members = [master(), brokerView('r-9', { target: 'new' }), replica()];
    expect(handOverBeforeDrain(members)).toEqual(drain);
  });

  it.each<[string, MemberView, MemberView]>([
    ['the master stays', master({ departing: false }), replica()],
    ['it is not known who leads', master({ leads: undefined }), replica()],
    ['the master is not well: the controllers elect', master({ healthy: false }), replica()],
    ['the master is stopping', master({ phase: 'Terminating' }), replica()],
    ['the other member leaves as well', master(), replica({ departing: true })],
    ['the other member is out of sync', master(), replica({ inSync: false, healthy: false })],
    ['it is not known whether the other member is in sync', master(), replica({ healthy: undefined })],
    ['the other member is of another group', master(), replica({ group: 'b' })],
    ['nobody can take over, since roles are fixed', master({ fixed: true }), replica({ fixed: true })],
  ])('does nothing when %s', (_name, ...members) => {
    expect(handOverBeforeDrain(members)).toBeUndefined();
  });

  it('goes one group at a time', () => {
    const others = [
      brokerView('n-0', { group: 'b', leads: true, departing: true }),
      brokerView('s-0', { group: 'b' }),
    ];
    expect(handOverBeforeDrain([...others, master(), replica()])?.group).toBe('b');
  });
});

describe('a rollout beside a drain', () => {
  it('stops no healthy pod while a master leaves its node', () => {
    const members = [master(), replica({ target: 'new' })];
    expect(decideRollout(members, openGate, drain)).toEqual({
      restarts: [],
      waiting: [{ pod: 'r-0', message: 'r-0 takes over a first' }],
      handOver: drain,
    });
  });

  it('goes on replacing what is down', () => {
    const down = brokerView('d-0', { phase: 'Down', healthy: false, inSync: false, target: 'new' });
    expect(decideRollout([master(), replica(), down], openGate, drain)).toMatchObject({
      restarts: [{ pod: 'd-0', reason: 'Down' }],
      handOver: drain,
    });
  });

  it('hands over to a member that stays before one that leaves', () => {
    const leader = brokerView('m-0', { leads: true, target: 'new' });
    const members = [leader, brokerView('r-9', { departing: true }), replica()];
    expect(decideRollout(members).handOver?.to).toBe('r-0');
  });
});

describe('strandedMasters', () => {
  it('names a master that cannot leave', () => {
    expect(strandedMasters([groupView([master(), replica({ departing: true })])])).toEqual([
      'm-0, the master of a, keeps its node from being drained: no other member of the group is in sync on a node that stays',
    ]);
  });

  it.each<[string, readonly MemberView[]]>([
    ['a master that can', [master(), replica()]],
    ['a lone member', [master()]],
    ['a master that stays', [master({ departing: false }), replica({ departing: true })]],
    [
      'one that is evicted, as every member of its group',
      [master({ fixed: true }), replica({ fixed: true })],
    ],
  ])('does not name %s', (_name, members) => {
    expect(strandedMasters([groupView(members)])).toEqual([]);
  });
});
