import { describe, expect, it } from '@jest/globals';
import rocketmq from 'rocketmq-client-nodejs';
import { attemptSend } from './send-attempts.ts';

const away = () => new rocketmq.InternalErrorException(50_001, 'no master');

/** Runs a send that fails with these errors, then succeeds. */
function run(errors: Error[], signal = new AbortController().signal) {
  const pauses: number[] = [];
  let calls = 0;
  let retries = 0;
  const result = attemptSend(
    () => {
      calls += 1;
      const error = errors.shift();
      return error === undefined ? Promise.resolve() : Promise.reject(error);
    },
    {
      clock: {
        sleep(delayMs) {
          pauses.push(delayMs);
          return Promise.resolve();
        },
      },
      random: () => 1,
      signal,
      onRetry: () => (retries += 1),
    },
  );
  return result.then(
    () => ({ calls, retries, pauses, error: undefined }),
    (error: unknown) => ({ calls, retries, pauses, error }),
  );
}

describe('attempts to send', () => {
  it('pause longer and longer, and end with what succeeds', async () => {
    expect(await run([away(), away()])).toEqual({
      calls: 3,
      retries: 2,
      pauses: [100, 200],
      error: undefined,
    });
  });

  it('end with the fourth, to be tried again later', async () => {
    expect(await run([away(), away(), away(), away(), away()])).toMatchObject({
      calls: 4,
      pauses: [100, 200, 400],
      error: { code: 'SendFailed', retryable: true },
    });
  });

  it.each([
    new rocketmq.BadRequestException(40_000, 'no such tag'),
    new rocketmq.PayloadTooLargeException(41_301, 'too large'),
    new rocketmq.RequestHeaderFieldsTooLargeException(43_101, 'too many properties'),
    new rocketmq.UnsupportedException(50_100, 'not here'),
  ])('end at once when RocketMQ refuses the message: %p', async (error) => {
    expect(await run([error])).toMatchObject({ calls: 1, error: { code: 'SendFailed', retryable: false } });
  });

  it('end when nobody waits any more', async () => {
    const gone = new AbortController();
    gone.abort();
    expect(await run([], gone.signal)).toMatchObject({ calls: 0, error: { code: 'Closed' } });
  });
});
