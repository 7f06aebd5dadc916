import { describe, expect, it } from '@jest/globals';
import { gateSettings, isClosedByGuard } from './gate.ts';
import type { Stance } from './stance.ts';

const size = { members: 3, minInSync: 2 };
const since = 'startAcceptSendRequestTimeStamp';
const byGuard = '253402300798000';
const byOperator = '253402300799000';

const settings = (minInSyncReplicas: string, acceptsSince?: string): ReadonlyMap<string, string> =>
  new Map([
    ['minInSyncReplicas', minInSyncReplicas],
    ...(acceptsSince === undefined ? [] : [[since, acceptsSince] as const]),
  ]);

describe('the gate of a broker', () => {
  it.each<[string, Stance, ReadonlyMap<string, string>, Readonly<Record<string, string>>]>([
    ['is left as it is when it is open', 'Open', settings('2', '0'), {}],
    ['is closed to clients alone', 'Closed', settings('2', '0'), { [since]: byGuard }],
    ['is closed where the broker does not tell', 'Closed', settings('2'), { [since]: byGuard }],
    ['is left closed', 'Closed', settings('2', byGuard), {}],
    ['is opened again', 'Open', settings('2', byGuard), { [since]: '0' }],
    ['is left to the operator that closed it', 'Open', settings('2', byOperator), {}],
    ['need not be closed where the operator did', 'Closed', settings('2', byOperator), {}],
    ['asks for every member', 'EveryMember', settings('2', '0'), { minInSyncReplicas: '3' }],
    [
      'asks for every member after it was closed',
      'EveryMember',
      settings('2', byGuard),
      { minInSyncReplicas: '3', [since]: '0' },
    ],
    ['asks for as many as the spec again', 'Open', settings('3', '0'), { minInSyncReplicas: '2' }],
  ])('%s', (_what, stance, current, expected) => {
    expect(Object.fromEntries(gateSettings(stance, size, current))).toEqual(expected);
  });

  it('is told apart from one that the operator closed', () => {
    expect(isClosedByGuard(settings('2', byGuard))).toBe(true);
    expect(isClosedByGuard(settings('2', byOperator))).toBe(false);
    expect(isClosedByGuard(settings('2'))).toBe(false);
  });
});
