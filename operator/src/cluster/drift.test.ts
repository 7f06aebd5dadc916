import { describe, expect, it } from '@jest/globals';
import { driftWarnings } from './drift.ts';
import type { Revision } from './revision.ts';
import { brokerView } from './testing/groups.ts';
import type { MemberView } from './view.ts';

const files: Revision['files'] = {
  'broker.conf':
    'brokerName=broker-a\nputMessageTimeout=08000\nmetricsLabel=a\\\\b\ndeleteWhen=04\ntimerPrecisionMs=150\nauthSecretKey=s3cret\n',
  'namesrv.conf': 'scanNotActiveBrokerInterval=2000\nconfigStorePath=/a\n',
  'a-0-0.conf': 'jRaftElectionTimeoutMs=3000\n',
};

const asStarted = {
  brokerName: 'broker-a',
  putMessageTimeout: '8000',
  metricsLabel: 'a\\b',
  deleteWhen: '04',
  authSecretKey: '<redacted>',
  timerPrecisionMs: '100',
  brokerRole: 'SLAVE',
  configStorePath: '/b',
  scanNotActiveBrokerInterval: '2000',
  jRaftElectionTimeoutMs: '3000',
};

function warned(
  over: Readonly<Record<string, string>>,
  member: Partial<MemberView> = {},
  known = true,
): readonly string[] {
  const { facts: _facts, ...rest } = member;
  return driftWarnings(
    [brokerView('a-0-0', rest)],
    new Map([['a-0-0:10911', { known: true, value: new Map(Object.entries({ ...asStarted, ...over })) }]]),
    () => (known ? { hash: 'r', inputsHash: 'i', secretName: 's', files, template: {} } : undefined),
  ).map(({ message }) => message);
}

describe('driftWarnings', () => {
  it('is silent about a process that runs as it started', () => {
    expect(warned({})).toEqual([]);
  });

  it('names the member and the settings, never a value', () => {
    expect(warned({ putMessageTimeout: '31337', brokerName: 'broker-x' })).toEqual([
      'a-0-0 runs with another brokerName, putMessageTimeout than its file says: somebody changed them by hand, or ' +
        'RocketMQ does not take the value. Correct spec.brokers, or restart the pod to take a change back.',
    ]);
  });

  it.each<[string, MemberView['component'], Readonly<Record<string, string>>, string]>([
    ['a name server', 'nameserver', { scanNotActiveBrokerInterval: '9' }, 'spec.nameServers'],
    ['a controller', 'controller', { jRaftElectionTimeoutMs: '9' }, 'spec.controllers'],
  ])('looks at %s by its own file', (_what, component, over, field) => {
    expect(warned(over, { component })).toEqual([expect.stringContaining(`Correct ${field},`)]);
    expect(warned({ putMessageTimeout: '9' }, { component })).toEqual([]);
  });

  it.each<[string, Readonly<Record<string, string>>, Partial<MemberView>, boolean]>([
    ['a live setting, which is taken back', { deleteWhen: '12' }, {}, true],
    ['what an election changes', { brokerRole: 'SYNC_MASTER' }, {}, true],
    ['a process that is starting', { putMessageTimeout: '9' }, { phase: 'Starting' }, true],
    ['a process of which nobody knows what it started with', { putMessageTimeout: '9' }, {}, false],
  ])('is silent about %s', (_what, over, member, known) => {
    expect(warned(over, member, known)).toEqual([]);
  });
});
