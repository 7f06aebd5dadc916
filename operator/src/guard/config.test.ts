import { describe, expect, it } from '@jest/globals';
import { readGuardConfig } from './config.ts';

const env = {
  GUARD_GROUP: 'broker-a',
  GUARD_BROKER: '10.0.0.1:10911',
  GUARD_CONTROLLERS: 'c-0:9878;c-1:9878;c-2:9878',
  GUARD_LEASE_MS: '5500',
  GUARD_PORT: '10913',
};

describe('the environment of a guard', () => {
  it('is read, and what is not its own is left alone', () => {
    expect(readGuardConfig({ ...env, PATH: '/bin' })).toEqual({
      group: 'broker-a',
      broker: '10.0.0.1:10911',
      controllers: ['c-0:9878', 'c-1:9878', 'c-2:9878'],
      leaseMs: 5_500,
      port: 10_913,
    });
  });

  it.each([
    ['GUARD_GROUP', ''],
    ['GUARD_BROKER', ''],
    ['GUARD_BROKER', undefined],
    ['GUARD_CONTROLLERS', ''],
    ['GUARD_LEASE_MS', '0'],
    ['GUARD_LEASE_MS', '5.5'],
    ['GUARD_LEASE_MS', 'soon'],
    ['GUARD_PORT', '65536'],
  ])('is refused with %s=%s, by name', (name, value) => {
    expect(() => readGuardConfig({ ...env, [name]: value })).toThrow(name);
  });
});
