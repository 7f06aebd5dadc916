import { describe, expect, it } from '@jest/globals';
import { Decimal, money, roundDown } from './decimal.ts';

describe('decimals', () => {
  it('take no JavaScript number, which would round', () => {
    expect(() => new Decimal(0.1)).toThrow(TypeError);
  });

  it('are exact but for division and fees, which round down', () => {
    expect(new Decimal('0.1').plus('0.2').toFixed()).toBe('0.3');
    expect(new Decimal('99999999.99999999').times('99999999.99999999').toFixed()).toBe(
      '9999999999999998.0000000000000001',
    );
    expect(new Decimal('2').div('3').toFixed()).toBe('0.66666666');
    expect(roundDown(new Decimal('0.999999999')).toFixed()).toBe('0.99999999');
  });
});

describe('money', () => {
  it.each(['0.00000001', '1', '9999999999.99999999', '50000.00'])('takes %s', (text) => {
    expect(money.parse(text)).toBe(text);
  });
  it.each(['0', '0.000000001', '10000000000', '-1', '1e3', '', 'much'])('refuses %p', (text) => {
    expect(money.safeParse(text).error?.issues).toHaveLength(1);
  });
});
