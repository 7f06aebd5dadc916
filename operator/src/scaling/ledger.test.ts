import { describe, expect, it } from '@jest/globals';
import { Ledger } from './ledger.ts';

describe('Ledger', () => {
  it.each([
    ['the largest of what groups want', { b: 6, c: 2 }, 3, 4, 6],
    ['what there is, while another group has not decided', { b: 1 }, 3, 4, 4],
    ['more than there is, whoever has not decided', {}, 5, 4, 5],
    ['fewer, when all agree', { b: 1, c: 2 }, 3, 4, 3],
  ] as const)('agrees on %s', (_what, wants, own, current, agreed) => {
    const ledger = new Ledger();
    for (const [group, replicas] of Object.entries(wants)) ledger.want('t', group, replicas);
    expect(ledger.agreed('t', own, current, ['b', 'c'])).toBe(agreed);
  });

  it('keeps targets apart, and forgets groups', () => {
    const ledger = new Ledger();
    ledger.want('t', 'b', 6);
    expect(ledger.agreed('u', 3, 4, ['b'])).toBe(4);
    ledger.leave('b');
    expect(ledger.agreed('t', 3, 2, ['b'])).toBe(3);
  });
});
