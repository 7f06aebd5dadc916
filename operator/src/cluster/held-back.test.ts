import { describe, expect, it } from '@jest/globals';
import { heldBack } from './held-back.ts';
import { clusterOf } from './testing/specs.ts';

const HOUR_MS = 3_600_000;
const groups = [{ name: 'a' }];

describe('heldBack', () => {
  it('is as long as the limits and the questions of transactions allow', () => {
    expect(heldBack(clusterOf().spec)).toEqual({
      timedMs: 72 * HOUR_MS,
      transactionMs: HOUR_MS + 15 * 30_000,
    });
    const config = { transactionTimeOut: '1000', transactionCheckMax: '2', transactionCheckInterval: '500' };
    const { spec } = clusterOf({
      brokers: { groups, config },
      limits: { maxDelaySeconds: 10_800 },
      proxy: { config: { maxTransactionRecoverySecond: '5' } },
    });
    expect(heldBack(spec)).toEqual({ timedMs: 3 * HOUR_MS, transactionMs: 6_000 });
  });

  it('is no less than the longest delay level, which knows no limit', () => {
    const limits = { maxDelaySeconds: 60 };
    expect(heldBack(clusterOf({ limits, brokers: { groups } }).spec).timedMs).toBe(2 * HOUR_MS);
    const config = { messageDelayLevel: '1s 5m 1d' };
    expect(heldBack(clusterOf({ limits, brokers: { groups, config } }).spec).timedMs).toBe(24 * HOUR_MS);
  });

  it('takes what brokers ignore for their default', () => {
    const config = { transactionCheckMax: 'often' };
    expect(heldBack(clusterOf({ brokers: { groups, config } }).spec).transactionMs).toBe(
      HOUR_MS + 15 * 30_000,
    );
  });
});
