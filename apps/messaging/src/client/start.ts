import type { Clock } from '../clock.ts';
import { describeError, MessagingError } from '../errors.ts';
import type { Logger } from './logger.ts';

interface Startable {
  startup(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts a client within `deadlineMs`, or closes it and rejects with `StartTimeout` / `StartFailed` / `Closed` (aborted).
 * The stock start waits for the proxy's settings without a limit, and leaves sockets and timers behind when it fails.
 */
export async function startWithin(
  client: Startable,
  options: { readonly deadlineMs: number; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const { deadlineMs, clock, signal } = options;
  const attempt = client.startup().then(
    () => undefined,
    (cause: unknown) =>
      new MessagingError('StartFailed', `the client did not start: ${describeError(cause)}`, {
        retryable: true,
        cause,
      }),
  );
  const stopWaiting = new AbortController();
  const deadline = clock.sleep(deadlineMs, AbortSignal.any([signal, stopWaiting.signal])).then(() =>
    signal.aborted
      ? new MessagingError('Closed', 'stopped while starting', { retryable: false })
      : new MessagingError('StartTimeout', `the client did not start within ${deadlineMs} ms`, {
          retryable: true,
        }),
  );
  const failure = await Promise.race([attempt, deadline]);
  stopWaiting.abort();
  if (failure === undefined) return;
  await client.close();
  throw failure;
}

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;

/**
 * Repeats `start` with jittered back-off until it succeeds or `signal` aborts (then it resolves to undefined). A topic
 * or a proxy that is not there yet is the normal state of a cluster being built, so only non-retryable errors reject.
 */
export async function startEventually<T>(
  start: (signal: AbortSignal) => Promise<T>,
  options: {
    readonly clock: Clock;
    readonly random: () => number;
    readonly signal: AbortSignal;
    readonly log: Logger;
  },
): Promise<T | undefined> {
  const { clock, random, signal, log } = options;
  let delayMs = FIRST_RETRY_MS;
  while (!signal.aborted) {
    try {
      return await start(signal);
    } catch (error) {
      if (signal.aborted) break;
      if (error instanceof MessagingError && !error.retryable) throw error;
      log.warn({ error: describeError(error), retryInMs: delayMs }, 'messaging client not started yet');
    }
    await clock.sleep(delayMs * (0.5 + random() / 2), signal);
    delayMs = Math.min(delayMs * 2, LAST_RETRY_MS);
  }
  return undefined;
}
