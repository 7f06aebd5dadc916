import { describe, expect, it } from '@jest/globals';
import { quantityValue } from './quantity.ts';

describe('quantityValue', () => {
  it.each([
    ['500m', 0.5],
    [2, 2],
    ['2', 2],
    ['1.5', 1.5],
    ['1Ki', 1024],
    ['20Gi', 20 * 2 ** 30],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['2G', 2e9],
    ['128974848', 128974848],
  ] as const)('%j is %d', (quantity, value) => {
    expect(quantityValue(quantity)).toBeCloseTo(value);
  });

  it.each(['', 'Gi', '1.2.3', '1 Gi', '1Xi', '-1', '1e3'])('%j is none', (quantity) => {
    expect(quantityValue(quantity)).toBeUndefined();
  });
});
