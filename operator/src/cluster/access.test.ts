import { describe, expect, it } from '@jest/globals';
import type { User } from '../api/mod.ts';
import { planAccess, usersNotEverywhere } from './access.ts';
import type { AccessStage } from './config/access-settings.ts';

const credentials = { accessKey: 'gantry-inner-1', secretKey: 'secret' };

type Case = readonly [
  what: string,
  brokers: readonly AccessStage[],
  proxies: readonly AccessStage[],
  absentUsers: readonly string[],
  expected: { readonly enforced: boolean; readonly waitsFor: readonly string[] },
];

const checks = { enforced: true, waitsFor: [] };
const signs = { enforced: false, waitsFor: [] };

describe('a cluster with access control', () => {
  it.each<Case>([
    ['is new: it checks from its first start', [], [], [], checks],
    ['is new, with users that nobody could have made', [], [], ['app'], checks],
    ['has no member that signs', ['None', 'None'], ['None'], [], signs],
    ['has a member that does not sign yet', ['Signs', 'None'], ['Signs'], [], signs],
    ['has a proxy that does not sign yet', ['Signs', 'Signs'], ['Signs', 'None'], [], signs],
    ['is prepared', ['Signs', 'Signs'], ['Signs'], [], checks],
    ['has no proxies yet', ['Signs', 'Signs'], [], [], checks],
    [
      'is prepared, and a user is missing somewhere',
      ['Signs'],
      ['Signs'],
      ['app'],
      { enforced: false, waitsFor: ['app'] },
    ],
    ['is on its way', ['Signs', 'Checks'], ['Signs'], ['app'], checks],
    ['has a proxy that checks, and a user that was edited meanwhile', ['Signs'], ['Checks'], ['app'], checks],
    ['gets a member', ['Checks', 'None'], ['Checks'], [], checks],
  ])('%s', (_what, brokers, proxies, absentUsers, expected) => {
    const plan = planAccess({
      enabled: true,
      credentials,
      known: credentials,
      brokers,
      proxies,
      absentUsers,
    });
    const { enforced, waitsFor } = expected;
    expect(plan).toEqual({ kind: 'On', access: { credentials, enforced }, waitsFor });
  });

  const stages = { brokers: ['Checks'], proxies: ['Checks'], absentUsers: [] } as const;
  const lost = { credentials: undefined, known: credentials };
  const none = { credentials: undefined, known: undefined };

  it('needs credentials before anything else, those that members have if there are any', () => {
    expect(planAccess({ enabled: true, ...none, ...stages })).toEqual({ kind: 'Missing', known: undefined });
    expect(planAccess({ enabled: true, ...lost, ...stages })).toEqual({
      kind: 'Missing',
      known: credentials,
    });
    expect(planAccess({ enabled: false, ...lost, ...stages })).toEqual({
      kind: 'Missing',
      known: credentials,
    });
    expect(planAccess({ enabled: false, ...none, ...stages })).toEqual({ kind: 'Off' });
  });

  it('keeps its credentials when it is switched off, and checks nothing', () => {
    expect(planAccess({ enabled: false, credentials, known: credentials, ...stages })).toEqual({
      kind: 'On',
      access: { credentials, enforced: false },
      waitsFor: [],
    });
  });
});

function told(
  name: string,
  reason: string,
  namespace = 'n',
  clusterRef = { name: 'c', namespace: 'n' },
): User {
  const status = reason === 'Reconciled' ? 'True' : 'False';
  const ready = {
    type: 'Ready',
    status,
    reason,
    message: '',
    lastTransitionTime: '',
    observedGeneration: 1,
  } as const;
  return {
    apiVersion: 'rocketmq.gantry.dev/v1beta1',
    kind: 'User',
    metadata: { namespace, name, generation: 1 },
    spec: { clusterRef, type: 'Normal', credentials: 'Generated', deletionPolicy: 'Delete' },
    status: { conditions: [ready] },
  };
}

describe('users that are not on every broker', () => {
  const id = { namespace: 'n', name: 'c', domain: 'cluster.local' };

  it('are those of the cluster, in whichever namespace, that it takes', () => {
    const elsewhere = told('elsewhere', 'SecretNotFound', 'n', { name: 'c', namespace: 'other' });
    const users = [
      told('a', 'Reconciled'),
      told('b', 'SecretNotFound'),
      told('b', 'BrokerUnreachable', 'other'),
      told('late', 'Conflict', 'other'),
      told('stranger', 'NotAllowed', 'other'),
      elsewhere,
    ];
    expect(usersNotEverywhere(users, id)).toEqual(['b (SecretNotFound)', 'other/b (BrokerUnreachable)']);
    expect(usersNotEverywhere([told('a', 'Reconciled', 'other')], id)).toEqual([]);
    expect(usersNotEverywhere([told('stranger', 'NotAllowed', 'other'), elsewhere], id)).toEqual([
      'no User is declared',
    ]);
  });
});
