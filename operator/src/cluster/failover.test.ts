import { describe, expect, it } from '@jest/globals';
import { failovers, type Failovers } from './failover.ts';
import { brokerView, groupView } from './testing/groups.ts';
import type { GroupView, MemberView } from './view.ts';

const master = (pod: string): MemberView => brokerView(pod, { leads: true });
const replica = (pod: string): MemberView => brokerView(pod);
const gone = (pod: string): MemberView =>
  brokerView(pod, { phase: 'Missing', healthy: false, inSync: false, facts: { answers: false } });
const apart = (pod: string): MemberView => brokerView(pod, { inSync: false });

/** A group of which controllers say that epoch. */
function at(epoch: number | undefined, ...members: readonly MemberView[]): GroupView {
  const group = groupView(members);
  return { ...group, facts: { ...group.facts, epoch } };
}

/** Nobody answers for the controllers. */
function unknown(...members: readonly MemberView[]): GroupView {
  const nothing = { master: undefined, epoch: undefined, inSync: undefined, identities: undefined };
  return {
    name: 'a',
    members: members.map((member) => ({ ...member, leads: undefined, inSync: undefined })),
    facts: nothing,
  };
}

/** Looks one after the other, a second apart; what each of them found. */
function found(
  looks: readonly GroupView[],
  handedOver: ReadonlyMap<string, number> = new Map(),
): readonly Failovers['found'][] {
  let watched: Failovers['watched'] = new Map();
  return looks.map((group, index) => {
    const now = failovers([group], watched, handedOver, index * 1_000);
    watched = now.watched;
    return now.found;
  });
}

const whole = at(3, master('a-0'), replica('a-1'), replica('a-2'));
const lost = at(3, gone('a-0'), replica('a-1'), replica('a-2'));
const elected = at(4, gone('a-0'), master('a-1'), apart('a-2'));
const again = at(4, replica('a-0'), master('a-1'), replica('a-2'));
const newMaster = { kind: 'NewMaster', group: 'a', from: 'a-0', to: 'a-1', epoch: 4 };

describe('a failover', () => {
  it('is timed from the first sight of the lost master to its heir, and to the last member in sync', () => {
    expect(found([whole, lost, lost, elected, elected, again, again])).toEqual([
      [],
      [],
      [],
      [{ ...newMaster, tookMs: 2_000 }],
      [],
      [{ kind: 'InSync', group: 'a', tookMs: 4_000 }],
      [],
    ]);
  });

  it.each<[string, GroupView]>([
    ['its pod is away', lost],
    [
      'it does not answer',
      at(3, brokerView('a-0', { leads: true, facts: { answers: false } }), replica('a-1')),
    ],
    ['the controllers name no master', at(3, brokerView('a-0', { inSync: false }), replica('a-1'))],
    ['it is away, and the controllers are silent', unknown(gone('a-0'), replica('a-1'), replica('a-2'))],
  ])('begins when %s', (_sign, first) => {
    expect(found([whole, first, elected])[2]).toEqual([{ ...newMaster, tookMs: 1_000 }]);
  });

  it('counts on while the old master is back and the controllers still take it for the master', () => {
    const back = at(3, brokerView('a-0', { leads: true, healthy: false }), replica('a-1'), replica('a-2'));
    expect(found([whole, lost, back, elected])[3]).toEqual([{ ...newMaster, tookMs: 2_000 }]);
  });

  it('does not begin with a silence that ended without an election', () => {
    expect(found([whole, lost, whole, lost, elected])[4]).toEqual([{ ...newMaster, tookMs: 1_000 }]);
  });

  it('has no time to its heir when nobody saw the group without a master, and is whole from then on', () => {
    expect(found([whole, elected, again])).toEqual([
      [],
      [{ ...newMaster, tookMs: undefined }],
      [{ kind: 'InSync', group: 'a', tookMs: 1_000 }],
    ]);
  });

  it('is not over by a silence', () => {
    expect(
      found([whole, lost, elected, unknown(replica('a-0'), master('a-1'), replica('a-2')), again])[3],
    ).toEqual([]);
  });

  it('after another one begins with that one', () => {
    const second = at(5, replica('a-0'), gone('a-1'), master('a-2'));
    expect(found([whole, lost, elected, second]).at(-1)).toEqual([
      { kind: 'NewMaster', group: 'a', from: 'a-1', to: 'a-2', epoch: 5, tookMs: undefined },
    ]);
  });
});

describe('no failover', () => {
  it.each<[string, readonly GroupView[], ReadonlyMap<string, number>]>([
    ['the first look at a group', [again], new Map()],
    ['the first election of a group', [at(0, apart('a-0'), apart('a-1')), whole], new Map()],
    ['a hand-over that the operator asked for', [whole, again], new Map([['a', 4]])],
    ['a master that comes back as master', [whole, lost, at(4, master('a-0'), replica('a-1'))], new Map()],
    ['controllers that begin again', [again, at(1, master('a-0'), replica('a-1'))], new Map()],
    ['a master whose pod nobody knows', [whole, at(4, gone('a-0'), replica('a-1'))], new Map()],
    ['silence', [whole, unknown(replica('a-0'), replica('a-1'))], new Map()],
  ])('is %s', (_what, looks, handedOver) => {
    expect(found(looks, handedOver).flat()).toEqual([]);
  });

  it('but one that follows a hand-over is', () => {
    const second = at(5, replica('a-0'), gone('a-1'), master('a-2'));
    expect(found([whole, again, second], new Map([['a', 4]])).at(-1)).toMatchObject([
      { from: 'a-1', to: 'a-2' },
    ]);
  });
});
