import { describe, expect, it } from '@jest/globals';
import { ConfigError, readConfig } from './config.ts';

describe('readConfig', () => {
  it('fills in defaults and ignores what is not ours', () => {
    expect(readConfig({ PATH: '/bin', GANTRY_IDENTITY: 'pod-1' })).toEqual({
      namespace: 'gantry-system',
      identity: 'pod-1',
      leaderElection: true,
      httpPort: 8080,
      kedaPort: 8082,
      logLevel: 'info',
      clusterDomain: 'cluster.local',
      resyncMs: 120_000,
    });
  });

  it('knows the pod that it runs in', () => {
    expect(readConfig({ GANTRY_IDENTITY: 'pod-1', GANTRY_POD_UID: 'uid-1' })).toMatchObject({
      podUid: 'uid-1',
    });
  });

  it.each([
    ['an unknown setting', { GANTRY_RESYNC: '5' }, 'GANTRY_RESYNC: no such setting'],
    ['a malformed number', { GANTRY_HTTP_PORT: 'eighty' }, 'GANTRY_HTTP_PORT'],
    ['a value out of range', { GANTRY_RESYNC_SECONDS: '1' }, 'GANTRY_RESYNC_SECONDS'],
    ['a flag that is neither true nor false', { GANTRY_LEADER_ELECTION: 'yes' }, 'GANTRY_LEADER_ELECTION'],
    ['an unknown log level', { GANTRY_LOG_LEVEL: 'loud' }, 'GANTRY_LOG_LEVEL'],
  ])('refuses %s and names it', (_name, env, message) => {
    expect(() => readConfig(env)).toThrow(ConfigError);
    expect(() => readConfig(env)).toThrow(message);
  });

  it('names every problem at once', () => {
    expect(() => readConfig({ GANTRY_X: '1', GANTRY_HTTP_PORT: '0' })).toThrow(
      /GANTRY_X[\s\S]*GANTRY_HTTP_PORT/,
    );
  });
});
