import { describe, expect, it } from '@jest/globals';
import type { Answer, Answers, Replication } from './observe.ts';
import { isClosed } from './permission.ts';
import {
  fixedGroupFacts,
  fixedMemberFacts,
  lossesOfMasters,
  permissionChanges,
  refusals,
  type FixedGroup,
  type FixedMaster,
} from './static-groups.ts';
import { brokerView, groupView } from './testing/groups.ts';
import type { GroupView, MemberView } from './view.ts';

const [m, r1, r2] = ['10.0.0.1:10911', '10.0.0.2:10911', '10.0.0.3:10911'];
const end = 1_000;

type Connection = Replication['connections'][number];
const from = (host: string, over: Partial<Connection> = {}): Connection => ({
  address: `${host}:51234`,
  slaveAckOffset: end,
  inSync: true,
  ...over,
});

const master = (connections: readonly Connection[], over: Partial<FixedMaster> = {}): FixedMaster => ({
  phase: 'Up',
  registers: m,
  says: { known: true, value: { maxOffset: end, connections } },
  ...over,
});
const silent: Answer<Replication> = { known: false, why: 'timeout' };

const registration = (addresses: Readonly<Record<number, string>>): Answers['nameServers'] => {
  const entries = Object.entries(addresses).map(([id, address]) => [Number(id), address] as const);
  const group = { brokerName: 'g', cluster: 'exchange', addresses: new Map(entries) };
  return new Map([['n0', { known: true, value: { clusters: new Map(), brokers: new Map([['g', group]]) } }]]);
};

const answers = (over: Partial<Answers> = {}): Answers => ({
  nameServers: registration({ 0: m, 1: r1, 2: r2 }),
  controllers: new Map(),
  brokers: new Map([['asked', { known: true, value: { version: undefined } }]]),
  settings: new Map(),
  syncStates: { known: false, why: 'the controllers have no leader' },
  replications: new Map(),
  ...over,
});

describe('a replica of a fixed master', () => {
  const member = { cluster: 'exchange', group: 'g', address: 'asked', registers: r1 };

  it.each<[string, FixedMaster, object]>([
    ['follows it', master([from('10.0.0.2')]), { inSync: true }],
    ['does not follow it while it is not connected', master([]), { inSync: false }],
    ['is told from others by its address', master([from('10.0.0.20'), from('10.0.0.3')]), { inSync: false }],
    ['is far behind', master([from('10.0.0.2', { inSync: false })]), { inSync: false }],
    ['has not said yet how far it is', master([from('10.0.0.2', { slaveAckOffset: -1 })]), { inSync: false }],
    [
      'is connected twice, of which one connection is dead',
      master([from('10.0.0.2', { slaveAckOffset: 3, inSync: false }), from('10.0.0.2')]),
      { inSync: true },
    ],
    [
      'has what it lacks',
      master([from('10.0.0.2', { slaveAckOffset: end + 5 })]),
      { inSync: false, aheadBytes: 5 },
    ],
    ['cannot be known while it is silent', master([], { says: silent }), { inSync: undefined }],
    ['cannot be known while it is away', master([], { phase: 'Missing' }), { inSync: undefined }],
    [
      'cannot be known while it starts',
      master([from('10.0.0.2')], { phase: 'Starting' }),
      { inSync: undefined },
    ],
  ])('%s', (_name, its, expected) => {
    expect(fixedMemberFacts(answers(), member, false, its)).toEqual({
      answers: true,
      role: 'Replica',
      registered: true,
      listed: true,
      ...expected,
    });
  });

  it('without an address follows nobody', () => {
    const facts = fixedMemberFacts(answers(), { ...member, registers: undefined }, false, master([from('')]));
    expect(facts).toMatchObject({ inSync: false, registered: false });
  });

  it('is not registered as long as it is listed as the master', () => {
    const nameServers = registration({ 0: r1 });
    expect(fixedMemberFacts(answers({ nameServers }), member, false, master([])).registered).toBe(false);
  });
});

describe('a fixed master', () => {
  const member = { cluster: 'exchange', group: 'g', address: 'asked', registers: m };

  it.each<[string, Partial<FixedMaster>, boolean | undefined]>([
    ['is in sync with itself', {}, true],
    ['is not while it is away', { phase: 'Pending', says: undefined }, false],
    ['is not while it starts', { phase: 'Starting' }, false],
    ['is unknown while it is silent', { says: silent }, undefined],
  ])('%s', (_name, over, inSync) => {
    const facts = fixedMemberFacts(answers(), member, true, master([], over));
    expect(facts).toMatchObject({ role: 'Master', inSync, registered: true });
    expect(fixedGroupFacts(master([], over), [r1, r2])).toEqual({
      master: inSync === true ? m : undefined,
      epoch: undefined,
      inSync: inSync === undefined ? undefined : Number(inSync),
      identities: undefined,
    });
  });

  it('counts its members, and nobody else that is connected', () => {
    const its = master([from('10.0.0.2'), from('10.0.0.9'), from('10.0.0.3', { slaveAckOffset: end + 1 })]);
    expect(fixedGroupFacts(its, [r1, r2, undefined]).inSync).toBe(2);
  });
});

describe('isClosed', () => {
  const settings = (permission: string): Parameters<typeof isClosed>[0] => ({
    known: true,
    value: new Map([['brokerPermission', permission]]),
  });

  it.each([
    [settings('6'), false],
    [settings('2'), false],
    [settings('4'), true],
    [{ known: true, value: new Map() } as const, undefined],
    [{ known: false, why: '' } as const, undefined],
    [undefined, undefined],
  ])('%#', (answer, expected) => {
    expect(isClosed(answer)).toBe(expected);
  });
});

const leader = (over: Parameters<typeof brokerView>[1] = {}): MemberView =>
  brokerView('a-0', { leads: true, fixed: true, ...over });
const replica = (pod: string, over: Parameters<typeof brokerView>[1] = {}): MemberView =>
  brokerView(pod, { fixed: true, ...over });
const ahead = { inSync: false, healthy: false, facts: { aheadBytes: 5 } } as const;

function fixedGroup(
  members: readonly MemberView[],
  over: Partial<FixedGroup> & { readonly inSync?: number | undefined } = {},
): GroupView {
  const { inSync = members.filter((each) => each.inSync === true).length, ...fixed } = over;
  const group = groupView(members);
  return {
    ...group,
    facts: { ...group.facts, epoch: undefined, inSync: 'inSync' in over ? over.inSync : inSync },
    fixed: { minInSync: 2, closed: false, ...fixed },
  };
}

describe('refusals', () => {
  it('are none of a group that takes writes, with a member to spare too', () => {
    expect(refusals(fixedGroup([leader(), replica('a-1'), replica('a-2')]))).toEqual([]);
    expect(refusals(fixedGroup([leader(), replica('a-1'), replica('a-2', { inSync: false })]))).toEqual([]);
  });

  it('are none of a group that elects', () => {
    const members = [brokerView('a-0', { leads: true, phase: 'Missing' })];
    expect(refusals(groupView(members))).toEqual([]);
  });

  it.each<[string, GroupView, unknown]>([
    [
      'its master is away',
      fixedGroup([leader({ phase: 'Missing', inSync: false }), replica('a-1', { inSync: undefined })]),
      {
        reason: 'NoMaster',
        outage: true,
        message:
          'group a takes no writes until its master a-0 is up: with failover Static no other member is ever elected',
      },
    ],
    [
      'its master starts',
      fixedGroup([leader({ phase: 'Starting', inSync: false })]),
      {
        reason: 'NoMaster',
        outage: true,
        message: expect.stringMatching(/until its master a-0 is up/),
      },
    ],
    [
      'its master does not answer',
      fixedGroup([leader({ healthy: undefined })], { inSync: undefined }),
      {
        reason: 'NoMaster',
        unknown: true,
        message:
          'it is not known whether group a takes writes: its master a-0 does not answer, and with failover Static no other member is ever elected',
      },
    ],
    [
      'too few follow',
      fixedGroup([leader(), replica('a-1', { inSync: false }), replica('a-2', { inSync: false })]),
      {
        reason: 'WritesRefused',
        outage: true,
        message:
          'group a refuses every send: 1 of 3 members in sync, the master included, and minInSyncReplicas is 2',
      },
    ],
    [
      'its master was closed',
      fixedGroup([leader(), replica('a-1')], { closed: true }),
      {
        reason: 'WritesRefused',
        outage: true,
        message: 'group a refuses every send: its master a-0 is closed to writes',
      },
    ],
  ])('when %s', (_name, group, expected) => {
    expect(refusals(group)).toEqual([expected]);
  });
});

describe('a master that has lost messages', () => {
  it('is told of, with the replica that has them', () => {
    const groups = [fixedGroup([leader(), replica('a-1', ahead), replica('a-2')])];
    expect(lossesOfMasters(groups)).toEqual([
      {
        reason: 'Diverged',
        message:
          "a-1 has what its master a-0 lacks: its log ends 5 bytes beyond the master's. Group a takes no writes until the master has its volume back, or, where that can be lost, the claim and the pod of a-1 are deleted.",
      },
    ]);
    expect(lossesOfMasters([fixedGroup([leader(), replica('a-1')])])).toEqual([]);
  });

  it.each<[string, readonly MemberView[], boolean | undefined, '4' | '6' | undefined]>([
    ['is closed', [leader(), replica('a-1', ahead)], false, '4'],
    ['stays closed', [leader(), replica('a-1', ahead)], true, undefined],
    ['stays closed until everybody is back', [leader(), replica('a-1', { inSync: false })], true, undefined],
    ['is opened when everybody follows', [leader(), replica('a-1')], true, '6'],
    [
      'is left open while a replica is merely away',
      [leader(), replica('a-1', { inSync: false })],
      false,
      undefined,
    ],
    ['is left alone while it does not answer', [leader(), replica('a-1', ahead)], undefined, undefined],
  ])('%s', (_name, members, closed, expected) => {
    expect(permissionChanges([fixedGroup(members, { closed })])).toEqual(
      expected === undefined
        ? []
        : [
            {
              group: 'a',
              pod: 'a-0',
              address: 'a-0:10911',
              closes: expected === '4',
            },
          ],
    );
  });

  it('is nothing that an elected one is asked for', () => {
    expect(permissionChanges([groupView([brokerView('a-0', { leads: true })])])).toEqual([]);
  });
});
