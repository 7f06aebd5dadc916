import { describe, expect, it } from '@jest/globals';
import { readConfig } from './config.ts';

const minimal = {
  GANTRY_ROCKETMQ_ENDPOINTS: 'exchange-proxy.exchange.svc:8081',
  GANTRY_POSTGRES_HOST: 'postgres',
  GANTRY_POSTGRES_DATABASE: 'exchange',
  GANTRY_POSTGRES_USER: 'exchange',
  GANTRY_POSTGRES_PASSWORD: 'hunter2',
};

describe('configuration', () => {
  it('has defaults for all that can have one', () => {
    const result = readConfig({ ...minimal, PATH: '/bin' });
    expect(result).toMatchObject({
      ok: true,
      config: { httpPort: 8080, topic: 'order-topic', group: 'order-consumer' },
    });
  });

  it('prints no secret', () => {
    const result = readConfig(minimal);
    expect(result.ok && result.printable['GANTRY_POSTGRES_PASSWORD']).toBe('(secret)');
    expect(JSON.stringify(result.ok && result.printable)).not.toContain('hunter2');
  });

  it.each([
    ['a misspelt variable', { GANTRY_POSTGRES_HSOT: 'x' }, /GANTRY_POSTGRES_HSOT/],
    ['an endpoint without a port', { GANTRY_ROCKETMQ_ENDPOINTS: 'proxy' }, /GANTRY_ROCKETMQ_ENDPOINTS/],
    ['a port that is none', { GANTRY_HTTP_PORT: 'http' }, /GANTRY_HTTP_PORT/],
    ['a missing password', { GANTRY_POSTGRES_PASSWORD: undefined }, /GANTRY_POSTGRES_PASSWORD/],
  ])('refuses %s', (_what, change, problem) => {
    const result = readConfig({ ...minimal, ...change });
    expect(result.ok ? [] : result.problems).toEqual([expect.stringMatching(problem)]);
  });

  it('names no value in a problem', () => {
    const result = readConfig({ ...minimal, GANTRY_LOG_LEVEL: 'hunter3' });
    expect(JSON.stringify(result)).not.toContain('hunter3');
  });
});
