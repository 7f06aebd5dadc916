import { describe, expect, it } from '@jest/globals';
import { heldBack } from './held-back.ts';
import { clusterOf } from './testing/specs.ts';

describe('heldBack', () => {
  it('is as long as the limits, and the questions of transactions, allow', () => {
    expect(heldBack(clusterOf().spec)).toEqual({
      timedMs: 259_200_000,
      transactionMs: 6_000 + 15 * 30_000,
    });
    const config = { transactionTimeOut: '1000', transactionCheckMax: '2', transactionCheckInterval: '500' };
    const spec = clusterOf({
      brokers: { groups: [{ name: 'a' }], config },
      limits: { maxDelaySeconds: 60 },
    }).spec;
    expect(heldBack(spec)).toEqual({ timedMs: 60_000, transactionMs: 2_000 });
  });

  it('takes what brokers ignore for their default', () => {
    const config = { transactionTimeOut: 'soon' };
    expect(heldBack(clusterOf({ brokers: { groups: [{ name: 'a' }], config } }).spec).transactionMs).toBe(
      456_000,
    );
  });
});
