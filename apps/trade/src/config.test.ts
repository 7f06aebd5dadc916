import { describe, expect, it } from '@jest/globals';
import { readConfig } from './config.ts';

const minimal = {
  GANTRY_ROCKETMQ_ENDPOINTS: 'exchange-proxy.exchange.svc:8081',
  GANTRY_POSTGRES_HOST: 'postgres',
  GANTRY_POSTGRES_DATABASE: 'exchange',
  GANTRY_POSTGRES_USER: 'exchange',
  GANTRY_POSTGRES_PASSWORD: 'hunter2',
};

describe('configuration of the matching engine', () => {
  it('has fees by default, and prints them as they were given', () => {
    const result = readConfig({ ...minimal, GANTRY_TRADE_TAKER_FEE: '0.002' });
    if (!result.ok) throw new Error(result.problems.join());
    expect([result.config.rates.maker.toFixed(), result.config.rates.taker.toFixed()]).toEqual([
      '0.001',
      '0.002',
    ]);
    expect(result.printable['GANTRY_TRADE_TAKER_FEE']).toBe('0.002');
  });

  it.each(['0.2', '1', '-0.1', '0.1%', ''])('refuses the fee %p', (fee) => {
    const result = readConfig({ ...minimal, GANTRY_TRADE_MAKER_FEE: fee });
    expect(result.ok ? [] : result.problems).toEqual([expect.stringContaining('GANTRY_TRADE_MAKER_FEE')]);
  });
});
