import { describe, expect, it } from '@jest/globals';
import { clusterOf } from '../testing/specs.ts';
import { configProblems } from './check.ts';
import { leaseMs } from './lease.ts';

describe('the lease of a master', () => {
  it('leaves time to notice its end, and for what was let in before', () => {
    // 10 s until it may be deposed, less 1 s since its last heartbeat, 2.5 s that a send waits, and 2 s to close it.
    expect(leaseMs({})).toBe(4_500);
  });

  it.each<[string, Readonly<Record<string, string>>, number]>([
    ['a longer time-out', { controllerHeartBeatTimeoutMills: '20000' }, 14_500],
    ['rarer heartbeats', { brokerHeartbeatInterval: '2000' }, 3_500],
    ['sends that wait for longer', { slaveTimeout: '4000' }, 3_000],
    ['a time-out that leaves none', { controllerHeartBeatTimeoutMills: '3000' }, -2_500],
  ])('follows from the settings of the user: %s', (_what, config, expected) => {
    expect(leaseMs(config)).toBe(expected);
  });
});

describe('settings that leave no time for it', () => {
  const problems = (brokers: object): readonly string[] =>
    configProblems(
      clusterOf({
        brokers: { groups: [{ name: 'a' }], config: { controllerHeartBeatTimeoutMills: '8000' }, ...brokers },
      }).spec,
    ).map(({ reason, field, message }) => `${reason} ${field} ${message}`);

  it('are refused, with what would do', () => {
    expect(problems({})).toEqual([
      expect.stringMatching(
        /^InvalidValue spec.brokers.config.controllerHeartBeatTimeoutMills .* at least 8500 /,
      ),
    ]);
    expect(problems({ config: { controllerHeartBeatTimeoutMills: '8500' } })).toEqual([]);
  });

  it.each([
    ['nobody waits for replicas', { replication: 'Async' }],
    ['there are none', { replicas: 1 }],
  ])('do no harm where %s', (_where, brokers) => {
    expect(problems(brokers)).toEqual([]);
  });
});
