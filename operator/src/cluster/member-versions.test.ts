import { describe, expect, it } from '@jest/globals';
import type { RocketMQClusterStatus } from '../api/mod.ts';
import { identityOf } from './addresses.ts';
import { memberVersions, wantsVersions } from './member-versions.ts';
import type { Answer, Answers, BrokerWord } from './observe.ts';
import { clusterOf } from './testing/specs.ts';
import { workloadsOf } from './workloads.ts';

const cluster = clusterOf({ brokers: { groups: [{ name: 'a' }], replicas: 2 } });
const workloads = workloadsOf(identityOf(cluster), cluster.spec);
const pods = ['exchange-a-0-0', 'exchange-a-1-0'] as const;
const addresses = workloads.sets.flatMap((set) =>
  set.component === 'broker' ? set.pods.map(({ address }) => address) : [],
);

function recorded(...versions: readonly (string | undefined)[]): RocketMQClusterStatus {
  const members = pods.map((name, index) => {
    const version = versions[index];
    return { name, ready: true, ...(version === undefined ? {} : { version }) };
  });
  return { groups: [{ name: 'a', members }] };
}

function said(...words: readonly (BrokerWord | 'Silent')[]): Answers {
  const brokers = new Map<string, Answer<BrokerWord>>(
    words.map((word, index) => [
      addresses[index] ?? '',
      word === 'Silent' ? { known: false, why: 'it does not answer' } : { known: true, value: word },
    ]),
  );
  return {
    brokers,
    nameServers: new Map(),
    controllers: new Map(),
    settings: new Map(),
    syncStates: { known: false, why: '' },
    replications: new Map(),
  };
}

const notAsked = { version: undefined };

describe('memberVersions', () => {
  it('takes what a broker says over what it said before', () => {
    const versions = memberVersions(recorded('5.4.0', '5.4.0'), workloads, said({ version: 'V5_5_0' }));
    expect([...versions]).toEqual([
      [pods[0], '5.5.0'],
      [pods[1], '5.4.0'],
    ]);
  });

  it('remembers those that are silent, are not asked, or do not run', () => {
    const versions = memberVersions(recorded('5.4.0', '5.5.0'), workloads, said('Silent', notAsked));
    expect([...versions.values()]).toEqual(['5.4.0', '5.5.0']);
  });

  it('invents none', () => {
    expect(memberVersions(undefined, workloads, said('Silent', notAsked)).size).toBe(0);
  });
});

describe('wantsVersions', () => {
  it.each<[string, RocketMQClusterStatus | undefined, boolean]>([
    ['nothing is known', undefined, true],
    ['one is not known', recorded('5.5.0', undefined), true],
    ['one is on its way', recorded('5.5.0', '5.4.0'), true],
    ['all are there', recorded('5.5.0', '5.5.0'), false],
  ])('asks or not when %s', (_what, status, asks) => {
    expect(wantsVersions(status, '5.5.0', workloads)).toBe(asks);
  });
});
