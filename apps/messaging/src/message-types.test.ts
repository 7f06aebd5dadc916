import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { isTag, messageTypes, type Tag } from './message-types.ts';
import { addsUp } from './messages/fields.ts';
import { bodies } from './testing/messages.ts';

const tags = Object.keys(messageTypes).filter(isTag);

describe('message types', () => {
  it.each(tags)('%s has a body that fits', (tag) => {
    expect(messageTypes[tag].body.safeParse(bodies[tag])).toEqual({ success: true, data: bodies[tag] });
  });

  it.each(tags)('%s takes no number where money or an id belongs', (tag) => {
    const texts = Object.entries(bodies[tag]).filter(([, value]) => typeof value === 'string');
    for (const [field, text] of texts) {
      const changed = { ...bodies[tag], [field]: Number.parseFloat(String(text)) };
      expect([field, messageTypes[tag].body.safeParse(changed).success]).toEqual([field, false]);
    }
  });

  it.each<[string, Tag, object]>([
    ['a balance that does not add up', 'ASSET_CHANGE', { balance_after: '0.9990001' }],
    ['a balance below zero', 'ASSET_CHANGE', { balance_before: '0', balance_after: '-0.001' }],
    ['a zero with a sign', 'ASSET_CHANGE', { amount: '-0.00', balance_after: '1.0' }],
    ['a business that there is none of', 'ASSET_CHANGE', { business_type: 5 }],
    ['an amount in powers of ten', 'ORDER_CREATE', { amount: '1e3' }],
    ['an id of more than 64 bits', 'ORDER_TRADE', { trade_id: '9223372036854775808' }],
    ['a time in part of a millisecond', 'ORDER_TIMEOUT', { timeout_time: 0.5 }],
    ['a reason that there is none of', 'ORDER_CANCEL', { reason: 'MOOD' }],
  ])('refuse %s', (_what, tag, change) => {
    expect(messageTypes[tag].body.safeParse({ ...bodies[tag], ...change }).success).toBe(false);
  });

  it('add up exactly, where floating point does not', () => {
    expect(addsUp('0.1', '0.2', '0.3')).toBe(true);
    const units = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
    // 18 decimals, as many as a body may have.
    const decimal = (value: bigint) => {
      const digits = String(value < 0n ? -value : value).padStart(19, '0');
      return `${value < 0n ? '-' : ''}${digits.slice(0, -18)}.${digits.slice(-18)}`;
    };
    fc.assert(
      fc.property(units, units, fc.constantFrom(-1n, 0n, 1n), (a, b, off) => {
        expect(addsUp(decimal(a), decimal(b), decimal(a + b + off))).toBe(off === 0n);
      }),
    );
  });
});
