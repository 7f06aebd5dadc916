import { describe, expect, it } from '@jest/globals';
import { handOverBeforeDeparture, strandedMasters } from './departure.ts';
import { decideRollout, openGate } from './rollout.ts';
import { brokerView, groupView } from './testing/groups.ts';
import type { MemberView } from './view.ts';

const master = (over: Partial<MemberView> = {}): MemberView =>
  brokerView('m-0', { leads: true, departing: true, ...over });
const replica = (over: Partial<MemberView> = {}): MemberView => brokerView('r-0', over);

const drain = { group: 'a', from: 'm-0', to: 'r-0', why: 'whose node is about to be emptied' };

describe('handOverBeforeDeparture', () => {
  it('hands over to a member that stays', () => {
    expect(handOverBeforeDeparture([master(), brokerView('r-9', { departing: true }), replica()])).toEqual(
      drain,
    );
  });

  it('prefers who runs the new revision', () => {
    const members = [master(), brokerView('r-9', { target: 'new' }), replica()];
    expect(handOverBeforeDeparture(members)).toEqual(drain);
  });

  it.each<[string, MemberView, MemberView]>([
    ['the master stays', master({ departing: false }), replica()],
    ['it is not known who leads', master({ leads: undefined }), replica()],
    ['the master is not well: the controllers elect', master({ healthy: false }), replica()],
    ['the other member leaves as well', master(), replica({ departing: true })],
    ['the other member is out of sync', master(), replica({ inSync: false, healthy: false })],
    ['it is not known whether the other member is in sync', master(), replica({ healthy: undefined })],
    ['the other member is of another group', master(), replica({ group: 'b' })],
    ['nobody can take over, since roles are fixed', master({ fixed: true }), replica({ fixed: true })],
  ])('does nothing when %s', (_name, ...members) => {
    expect(handOverBeforeDeparture(members)).toBeUndefined();
  });

  it('goes one group at a time', () => {
    const others = [
      brokerView('n-0', { group: 'b', leads: true, departing: true }),
      brokerView('s-0', { group: 'b' }),
    ];
    expect(handOverBeforeDeparture([...others, master(), replica()])?.group).toBe('b');
  });
});

describe('a master whose pod was deleted', () => {
  const stopping = (over: Parameters<typeof brokerView>[1] = {}): MemberView =>
    brokerView('m-0', { leads: true, phase: 'Terminating', healthy: false, ...over });
  const stop = { ...drain, why: 'whose pod was deleted' };

  it('hands over while it still answers', () => {
    expect(handOverBeforeDeparture([stopping(), replica()])).toEqual(stop);
  });

  it('hands over to one that is to leave, where nobody stays', () => {
    const [leaves, stays] = [replica({ departing: true }), brokerView('s-1')];
    expect(handOverBeforeDeparture([stopping(), leaves])).toEqual(stop);
    expect(handOverBeforeDeparture([stopping(), leaves, stays])).toEqual({ ...stop, to: 's-1' });
  });

  it('comes before one that is about to be evicted', () => {
    const drained = [
      brokerView('n-0', { group: 'b', leads: true, departing: true }),
      brokerView('s-0', { group: 'b' }),
    ];
    expect(handOverBeforeDeparture([...drained, stopping(), replica()])).toEqual(stop);
  });

  it.each<[string, MemberView, MemberView]>([
    ['it is known not to lead', stopping({ leads: false }), replica()],
    ['it is not known whether it leads', stopping({ leads: undefined }), replica()],
    ['it does not answer any more', stopping({ facts: { answers: false } }), replica()],
    ['it is out of its own sync-state set', stopping({ inSync: false }), replica()],
    ['it is master for good', stopping({ fixed: true }), replica({ fixed: true })],
    ['the other member is deleted as well', stopping(), replica({ phase: 'Terminating', healthy: false })],
    ['the other member is out of sync', stopping(), replica({ inSync: false, healthy: false })],
  ])('does not when %s', (_name, ...members) => {
    expect(handOverBeforeDeparture(members)).toBeUndefined();
  });

  it('does so beside the restart of another that is down, or takes no part', () => {
    const down = brokerView('d-0', { phase: 'Down', healthy: false, inSync: false, target: 'new' });
    expect(decideRollout([stopping(), replica(), down], openGate, stop)).toMatchObject({
      restarts: [{ pod: 'd-0', reason: 'Down' }],
      handOver: stop,
    });
    const idle = brokerView('i-0', {
      group: 'b',
      healthy: false,
      inSync: false,
      target: 'new',
      apartForMs: 60_000,
    });
    expect(decideRollout([stopping(), replica(), idle], openGate, stop)).toMatchObject({
      restarts: [{ pod: 'i-0', reason: 'NotReady' }],
      handOver: stop,
    });
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
