import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import definitionModule from 'rocketmq-client-nodejs/proto/apache/rocketmq/v2/definition_pb.js';
import { limitRetries, readRetrySchedule } from './retry-policy.ts';

const require = createRequire(import.meta.url);
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- google-protobuf brings no types
const { Duration } = require('google-protobuf/google/protobuf/duration_pb.js') as {
  readonly Duration: new () => { setSeconds(value: number): { setNanos(value: number): object } };
};
const duration = (seconds: number, nanos = 0) => new Duration().setSeconds(seconds).setNanos(nanos);

describe('retry schedule', () => {
  it('reads the customized list, whose last delay repeats', () => {
    const backoff = new definitionModule.CustomizedBackoff().setNextList([
      duration(1),
      duration(5),
      duration(0, 500_000_000),
    ]);
    const schedule = readRetrySchedule(
      new definitionModule.RetryPolicy().setMaxAttempts(17).setCustomizedBackoff(backoff),
    );
    expect(schedule?.maxAttempts).toBe(17);
    expect([0, 1, 2, 3, 9].map((attempt) => schedule?.nextDelayMs(attempt))).toEqual([
      1000, 1000, 5000, 500, 500,
    ]);
  });

  it('reads the exponential policy in milliseconds', () => {
    const backoff = new definitionModule.ExponentialBackoff()
      .setInitial(duration(10))
      .setMax(duration(60))
      .setMultiplier(2);
    const schedule = readRetrySchedule(
      new definitionModule.RetryPolicy().setMaxAttempts(16).setExponentialBackoff(backoff),
    );
    expect([1, 2, 3, 4, 5].map((attempt) => schedule?.nextDelayMs(attempt))).toEqual([
      10_000, 20_000, 40_000, 60_000, 60_000,
    ]);
  });

  it('knows nothing without a policy', () => {
    expect(readRetrySchedule(undefined)).toBeUndefined();
    expect(readRetrySchedule(new definitionModule.RetryPolicy())).toBeUndefined();
  });
});

describe('limits of our own', () => {
  const server = { maxAttempts: 17, nextDelayMs: (attempt: number) => attempt * 1_000 };
  const delays = (schedule: { nextDelayMs(attempt: number): number }) =>
    [1, 5].map((attempt) => schedule.nextDelayMs(attempt));

  it('end the attempts earlier than the server does, never later', () => {
    expect(limitRetries(server, false, { maxAttempts: 16, suspendMs: 9 }).maxAttempts).toBe(16);
    expect(limitRetries(server, false, { maxAttempts: 99, suspendMs: 9 }).maxAttempts).toBe(17);
  });

  it('leave the delays of messages without order to the server', () => {
    expect(delays(limitRetries(server, false, { maxAttempts: 16, suspendMs: 9 }))).toEqual([1_000, 5_000]);
  });

  it('suspend an ordered group for one time only, and everything that the server says nothing of', () => {
    expect(delays(limitRetries(server, true, { maxAttempts: 16, suspendMs: 9 }))).toEqual([9, 9]);
    const alone = limitRetries(undefined, false, { maxAttempts: 16, suspendMs: 9 });
    expect([alone.maxAttempts, ...delays(alone)]).toEqual([16, 9, 9]);
  });
});
