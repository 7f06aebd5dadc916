import { describe, expect, it } from '@jest/globals';
import type { ClusterInfo, SyncState } from '../rocketmq/mod.ts';
import type { Answer, Answers } from './observe.ts';
import { groupFacts, memberFacts } from './roles.ts';

const [a, b, c] = ['a:10911', 'b:10911', 'c:10911'];
const member = { cluster: 'exchange', group: 'g', address: a, registers: a };

const known = <T>(value: T): Answer<T> => ({ known: true, value });
const silent = { known: false, why: 'timeout' } as const;

const info = (addresses: Readonly<Record<number, string>>, cluster = 'exchange'): Answer<ClusterInfo> =>
  known({
    clusters: new Map(),
    brokers: new Map([
      [
        'g',
        {
          brokerName: 'g',
          cluster,
          addresses: new Map(Object.entries(addresses).map(([id, address]) => [Number(id), address])),
        },
      ],
    ]),
  });

const state = (over: Partial<SyncState> = {}): SyncState => ({
  masterBrokerId: 1,
  masterAddress: a,
  masterEpoch: 3,
  syncStateSetEpoch: 5,
  inSync: [
    { brokerId: 1, address: a, alive: true },
    { brokerId: 2, address: b, alive: true },
  ],
  notInSync: [{ brokerId: 3, address: c, alive: true }],
  ...over,
});

const answers = (over: Partial<Answers> = {}): Answers => ({
  nameServers: new Map([
    ['n0', info({ 0: a, 2: b, 3: c })],
    ['n1', info({ 0: a, 2: b, 3: c })],
  ]),
  controllers: new Map(),
  brokers: new Map([[a, known({ version: undefined })]]),
  settings: new Map(),
  syncStates: known(new Map([['g', state()]])),
  replications: new Map(),
  ...over,
});

describe('memberFacts', () => {
  it('of a master', () => {
    expect(memberFacts(answers(), member)).toEqual({
      answers: true,
      role: 'Master',
      inSync: true,
      registered: true,
      listed: true,
      brokerId: 1,
    });
  });

  it('of a replica that is behind', () => {
    expect(memberFacts(answers(), { ...member, address: c, registers: c })).toEqual({
      answers: false,
      role: 'Replica',
      inSync: false,
      registered: true,
      listed: true,
      brokerId: 3,
    });
  });

  it('match by the address that is registered, not by the one that is asked', () => {
    const named = { ...member, address: 'exchange-g-0-0.exchange-broker:10911' };
    expect(memberFacts(answers(), named)).toMatchObject({ role: 'Master', inSync: true, registered: true });
  });

  it('of a pod without an IP: it takes no part', () => {
    const facts = memberFacts(answers(), { ...member, registers: undefined });
    expect(facts).toMatchObject({ role: undefined, inSync: false, registered: false });
  });

  it('are unknown without an answer, not false', () => {
    const facts = memberFacts(
      answers({ syncStates: silent, nameServers: new Map([['n0', silent]]), brokers: new Map() }),
      member,
    );
    expect(facts).toEqual({
      answers: false,
      role: undefined,
      inSync: undefined,
      registered: undefined,
      listed: false,
    });
  });

  it('say whether those that answer list it, when another is silent', () => {
    const nameServers = new Map<string, Answer<ClusterInfo>>([
      ['n0', silent],
      ['n1', info({ 0: a })],
    ]);
    expect(memberFacts(answers({ nameServers }), member)).toMatchObject({
      registered: undefined,
      listed: true,
    });
  });

  it('go by the name servers that it knows: it started before there was another', () => {
    const nameServers = new Map([
      ['n0', info({ 0: a })],
      ['n1', info({})],
    ]);
    const settings = new Map([[a, known(new Map([['namesrvAddr', 'n0;n2']]))]]);
    expect(memberFacts(answers({ nameServers, settings }), member).registered).toBe(true);
    const both = new Map([[a, known(new Map([['namesrvAddr', 'n0;n1']]))]]);
    expect(memberFacts(answers({ nameServers, settings: both }), member).registered).toBe(false);
    // It says nothing: it may not know the second one.
    const facts = memberFacts(answers({ nameServers, settings: new Map([[a, silent]]) }), member);
    expect(facts).toMatchObject({ registered: undefined, listed: false });
  });

  it('are known to be missing when one name server says so, though another is silent', () => {
    const nameServers = new Map<string, Answer<ClusterInfo>>([
      ['n0', silent],
      ['n1', info({ 2: b })],
    ]);
    expect(memberFacts(answers({ nameServers }), member).registered).toBe(false);
  });

  it.each([
    ['a foreign cluster has the name', info({ 0: a }, 'other')],
    ['the master is still listed as a replica', info({ 1: a })],
  ])('does not count a registration when %s', (_name, answer) => {
    expect(memberFacts(answers({ nameServers: new Map([['n0', answer]]) }), member).registered).toBe(false);
  });

  it('does not count a dead member of the sync-state set', () => {
    const dead = state({ inSync: [{ brokerId: 1, address: a, alive: false }] });
    const facts = memberFacts(answers({ syncStates: known(new Map([['g', dead]])) }), member);
    expect(facts.inSync).toBe(false);
    expect(facts.brokerId).toBeUndefined();
  });

  it('have the id that is alive when a dead one has the same address', () => {
    const again = state({
      inSync: [{ brokerId: 4, address: a, alive: true }],
      notInSync: [{ brokerId: 1, address: a, alive: false }],
    });
    expect(memberFacts(answers({ syncStates: known(new Map([['g', again]])) }), member).brokerId).toBe(4);
  });
});

describe('groupFacts', () => {
  it('counts the living members in sync', () => {
    expect(groupFacts(answers(), 'g')).toMatchObject({ master: a, epoch: 3, inSync: 2 });
    expect(groupFacts(answers(), 'g').identities?.map(({ brokerId }) => brokerId)).toEqual([1, 2, 3]);
  });

  it('tells a group that nobody registered from one that nobody was asked about', () => {
    expect(groupFacts(answers(), 'other')).toEqual({
      master: undefined,
      epoch: undefined,
      inSync: 0,
      identities: [],
    });
    expect(groupFacts(answers({ syncStates: silent }), 'g').inSync).toBeUndefined();
  });
});
