import { describe, expect, it } from '@jest/globals';
import type { ClusterInfo, SyncState } from '../rocketmq/mod.ts';
import type { Answer } from './answer.ts';
import type { ClusterView } from './kind.ts';
import { locateMasters } from './topology.ts';

const view: ClusterView = {
  key: 'n/c',
  ready: true,
  leaving: false,
  paused: false,
  allowedNamespaces: { from: 'Same' },
  nameServers: ['ns0', 'ns1'],
  controllers: ['ctl'],
  proxy: 'proxy',
  grpc: 'grpc',
  accessControl: true,
  members: [],
  groups: ['a'],
  clusterName: 'c',
  heldBack: { timedMs: 0, transactionMs: 0 },
};
const silent = { ok: false, error: new Error('nobody there') } as const;

function info(master: string | undefined, cluster = 'c'): Answer<ClusterInfo> {
  const addresses = new Map<number, string>([[2, 'a-replica']]);
  if (master !== undefined) addresses.set(0, master);
  const brokers = new Map([['a', { brokerName: 'a', cluster, addresses }]]);
  return { ok: true, value: { brokers, clusters: new Map([[cluster, ['a']]]) } };
}

function elected(masterAddress: string | undefined): Answer<ReadonlyMap<string, SyncState>> {
  const state: SyncState = {
    masterEpoch: 1,
    syncStateSetEpoch: 1,
    inSync: [],
    notInSync: [],
    ...(masterAddress === undefined ? {} : { masterAddress }),
  };
  return { ok: true, value: new Map([['a', state]]) };
}

describe('a master that is fixed', () => {
  const fixed = { ...view, controllers: [], fixedMasters: { a: 'a-0:10911' } };
  const locate = (...infos: readonly [Answer<ClusterInfo>, Answer<ClusterInfo>]): unknown =>
    locateMasters(
      fixed,
      new Map([
        ['ns0', infos[0]],
        ['ns1', infos[1]],
      ]),
      silent,
    );

  it('is asked under its own name, whatever address is listed', () => {
    const confirmed = [{ kind: 'Confirmed', group: 'a', address: 'a-0:10911' }];
    expect(locate(info('m1'), info('m1'))).toEqual(confirmed);
    expect(locate(info('m1'), info('m2'))).toEqual(confirmed);
    expect(locate(silent, info('m1'))).toEqual(confirmed);
  });

  it('is unknown while no name server lists it', () => {
    expect(locate(info(undefined), info(undefined))).toMatchObject([
      { kind: 'Unknown', reason: 'MasterUnknown' },
    ]);
    expect(locate(silent, silent)).toMatchObject([{ kind: 'Unknown', reason: 'NameServersNotReady' }]);
  });
});

describe('locateMasters', () => {
  const cases: readonly (readonly [
    string,
    readonly Answer<ClusterInfo>[],
    Answer<ReadonlyMap<string, SyncState>>,
    object,
  ])[] = [
    ['all agree', [info('m1'), info('m1')], elected('m1'), { kind: 'Confirmed', address: 'm1' }],
    [
      'a name server is late: the controllers decide',
      [info('m1'), info('m2')],
      elected('m2'),
      { kind: 'Confirmed', address: 'm2' },
    ],
    ['one name server is silent', [silent, info('m1')], elected('m1'), { kind: 'Confirmed', address: 'm1' }],
    [
      'one name server has just restarted',
      [info(undefined), info('m1')],
      elected('m1'),
      { kind: 'Confirmed', address: 'm1' },
    ],
    [
      'mastership moves',
      [info('m1'), info('m1')],
      elected('m2'),
      { kind: 'Unknown', reason: 'MasterUnknown' },
    ],
    [
      'nobody is elected',
      [info('m1'), info('m1')],
      elected(undefined),
      { kind: 'Unknown', reason: 'MasterUnknown' },
    ],
    [
      'no master is listed',
      [info(undefined), info(undefined)],
      elected('m1'),
      { kind: 'Unknown', reason: 'MasterUnknown' },
    ],
    [
      'a broker of another cluster has the name',
      [info('m1', 'other'), info('m1', 'other')],
      elected('m1'),
      { kind: 'Unknown' },
    ],
    [
      'no name server answers',
      [silent, silent],
      elected('m1'),
      { kind: 'Unknown', reason: 'NameServersNotReady' },
    ],
    [
      'no controller answers: read only',
      [info('m1'), info('m1')],
      silent,
      { kind: 'Unconfirmed', address: 'm1' },
    ],
    ['no controller answers and name servers differ', [info('m1'), info('m2')], silent, { kind: 'Unknown' }],
    ['nothing answers', [silent, silent], silent, { kind: 'Unknown' }],
  ];
  it.each(cases)('%s', (_name, [first = silent, second = silent], syncStates, expected) => {
    const answers = new Map([
      ['ns0', first],
      ['ns1', second],
    ]);
    expect(locateMasters(view, answers, syncStates)).toEqual([
      expect.objectContaining({ group: 'a', ...expected }),
    ]);
  });
});
