import { describe, expect, it } from '@jest/globals';
import { gateSettings, isClosedByGuard } from './gate.ts';
import type { Stance } from './stance.ts';

const key = 'startAcceptSendRequestTimeStamp';
const byGuard = '253402300798000';
const byOperator = '253402300799000';

const settings = (acceptsSince?: string): ReadonlyMap<string, string> =>
  new Map(acceptsSince === undefined ? [] : [[key, acceptsSince]]);

describe('the gate of a broker', () => {
  it.each<[string, Stance, string | undefined, Readonly<Record<string, string>>]>([
    ['is left as it is when it is open', 'Open', '0', {}],
    ['is left as it is where the broker does not tell', 'Open', undefined, {}],
    ['is closed', 'Closed', '0', { [key]: byGuard }],
    ['is closed where the broker does not tell', 'Closed', undefined, { [key]: byGuard }],
    ['is left closed', 'Closed', byGuard, {}],
    ['is opened again', 'Open', byGuard, { [key]: '0' }],
    ['is left to the operator that closed it', 'Open', byOperator, {}],
    ['need not be closed where the operator did', 'Closed', byOperator, {}],
  ])('%s', (_what, stance, current, expected) => {
    expect(Object.fromEntries(gateSettings(stance, settings(current)))).toEqual(expected);
  });

  it('is told apart from one that the operator closed', () => {
    expect(isClosedByGuard(settings(byGuard))).toBe(true);
    expect(isClosedByGuard(settings(byOperator))).toBe(false);
    expect(isClosedByGuard(settings())).toBe(false);
  });
});
