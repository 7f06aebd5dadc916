import { describe, expect, it } from '@jest/globals';
import { handOverBeforeDrain, handOversOfStopping, strandedMasters } from './departure.ts';
import { decideRollout, openGate, type HandOver } from './rollout.ts';
import { brokerView, groupView } from './testing/groups.ts';
import type { MemberView } from './view.ts';

const master = (over: Partial<MemberView> = {}): MemberView =>
  brokerView('m-0', { leads: true, departing: true, ...over });
const replica = (over: Partial<MemberView> = {}): MemberView => brokerView('r-0', over);

const silent = (pod: string, over: Partial<Omit<MemberView, 'facts'>> = {}): MemberView =>
  brokerView(pod, { healthy: undefined, ...over, facts: { answers: false } });

const drain = { group: 'a', from: 'm-0', to: 'r-0', why: 'whose node is about to be emptied' };

const beforeDrain = (members: readonly MemberView[], failed?: string) => handOverBeforeDrain(members, failed);

describe('handOverBeforeDrain', () => {
  it('hands over to a member that stays', () => {
    expect(beforeDrain([master(), brokerView('r-9', { departing: true }), replica()])).toEqual(drain);
  });

  it('prefers who runs the new revision', () => {
    const members = [master(), brokerView('r-9', { target: 'new' }), replica()];
    expect(beforeDrain(members)).toEqual(drain);
  });

  it.each<[string, MemberView, MemberView]>([
    ['the master stays', master({ departing: false }), replica()],
    ['it is not known who leads', master({ leads: undefined }), replica()],
    [
      'the master does not answer: the controllers elect',
      silent('m-0', { leads: true, departing: true }),
      replica(),
    ],
    ['the other member leaves as well', master(), replica({ departing: true })],
    ['the other member is out of sync', master(), replica({ inSync: false, healthy: false })],
    ['it is not known whether the other member is in sync', master(), replica({ inSync: undefined })],
    ['the other member does not answer', master(), silent('r-0')],
    ['the other member is of another group', master(), replica({ group: 'b' })],
    ['nobody can take over, since roles are fixed', master({ fixed: true }), replica({ fixed: true })],
  ])('does nothing when %s', (_name, ...members) => {
    expect(beforeDrain(members)).toBeUndefined();
  });

  const others = [
    brokerView('n-0', { group: 'b', leads: true, departing: true }),
    brokerView('s-0', { group: 'b' }),
  ];

  it('goes one group at a time', () => {
    expect(beforeDrain([...others, master(), replica()])?.group).toBe('b');
  });

  it('goes on with the next group when one fails, and comes back to it', () => {
    expect(beforeDrain([...others, master(), replica()], 'b')?.group).toBe('a');
    expect(beforeDrain([...others, master(), replica()], 'a')?.group).toBe('b');
    expect(beforeDrain(others, 'b')?.group).toBe('b');
    const third = [
      brokerView('o-0', { group: 'c', leads: true, departing: true }),
      brokerView('t-0', { group: 'c' }),
    ];
    expect(beforeDrain([...others, master(), replica(), ...third], 'a')?.group).toBe('c');
    expect(beforeDrain([...others, master(), replica(), ...third], 'c')?.group).toBe('b');
  });

  it('does not wait for a name server that is silent, or has only just started', () => {
    const facts = { registered: undefined };
    const unsure = [
      brokerView('m-0', { leads: true, departing: true, healthy: undefined, facts }),
      brokerView('r-0', { healthy: undefined, facts }),
    ];
    expect(beforeDrain(unsure)).toEqual(drain);
    expect(beforeDrain([master({ healthy: false }), replica({ healthy: false })])).toEqual(drain);
  });
});

describe('a master whose pod was deleted', () => {
  const stopping = (over: Parameters<typeof brokerView>[1] = {}): MemberView =>
    brokerView('m-0', { leads: true, phase: 'Terminating', healthy: false, ...over });
  const stop: HandOver = { ...drain, why: 'whose pod was deleted', urgent: true };

  it('hands over while it still answers', () => {
    expect(handOversOfStopping([stopping(), replica()])).toEqual([stop]);
  });

  it('hands over to one that is to leave, where nobody stays', () => {
    const [leaves, stays] = [replica({ departing: true }), brokerView('s-1')];
    expect(handOversOfStopping([stopping(), leaves])).toEqual([stop]);
    expect(handOversOfStopping([stopping(), leaves, stays])).toEqual([{ ...stop, to: 's-1' }]);
  });

  it('waits for no other group', () => {
    const other = brokerView('n-0', { group: 'b', leads: true, phase: 'Terminating', healthy: false });
    const heir = brokerView('s-0', { group: 'b' });
    expect(handOversOfStopping([other, heir, stopping(), replica()]).map(({ group }) => group)).toEqual([
      'b',
      'a',
    ]);
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
    expect(handOversOfStopping(members)).toEqual([]);
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

  it('does not hand over to where the group would be handed back from', () => {
    const leader = brokerView('m-0', { leads: true, target: 'new' });
    const members = [leader, brokerView('r-9', { departing: true })];
    expect(decideRollout(members)).toEqual({
      restarts: [],
      waiting: [{ pod: 'm-0', message: 'the nodes of all who could take over a are about to be emptied' }],
    });
  });

  it('stops nobody whose pod might find no node, unless it is asked to, and goes on with the others', () => {
    const stays = replica({ target: 'new', departing: true });
    const members = [brokerView('m-0', { leads: true }), stays];
    const waiting = [{ pod: 'r-0', message: 'the node of r-0 is about to be emptied' }];
    expect(decideRollout(members)).toEqual({ restarts: [], waiting });
    const other = brokerView('s-0', { group: 'b', target: 'new' });
    expect(decideRollout([...members, other])).toEqual({
      restarts: [{ pod: 's-0', reason: 'Changed' }],
      waiting,
    });
    expect(
      decideRollout([brokerView('m-0', { leads: true }), { ...stays, requested: true }]).restarts,
    ).toEqual([{ pod: 'r-0', reason: 'Changed' }]);
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
