import rocketmq from 'rocketmq-client-nodejs';
import type { Clock } from './clock.ts';
import { describeError, MessagingError } from './errors.ts';

/** The first and three more, as the exchange's design has it. */
const MAX_ATTEMPTS = 4;
const FIRST_PAUSE_MS = 100;

/** What RocketMQ refuses for the message's own sake, and will again. */
const PERMANENT = [
  rocketmq.BadRequestException,
  rocketmq.PayloadTooLargeException,
  rocketmq.RequestHeaderFieldsTooLargeException,
  rocketmq.UnsupportedException,
];

export interface SendAttemptsOptions {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly random: () => number;
  /** Ends the attempts after the one that runs. */
  readonly signal: AbortSignal;
  readonly onRetry: () => void;
}

/**
 * Repeats a send that failed for a reason that may pass, with longer and longer pauses. What it repeats may have been stored
 * the first time: consumers know a message that comes twice by its id.
 *
 * @throws MessagingError `SendFailed`, retryable unless the message itself was refused, or `Closed`
 */
export async function attemptSend(
  send: () => Promise<void>,
  { clock, random, signal, onRetry }: SendAttemptsOptions,
): Promise<void> {
  if (signal.aborted) throw new MessagingError('Closed', 'given up before it was sent', { retryable: true });
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (cause) {
      const failure = toSendFailed(cause);
      if (!failure.retryable || attempt === MAX_ATTEMPTS || signal.aborted) throw failure;
      await clock.sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + random() / 2), signal);
      if (signal.aborted) throw failure;
      onRetry();
    }
  }
}

export function toSendFailed(cause: unknown): MessagingError {
  if (cause instanceof MessagingError) return cause;
  const retryable = !PERMANENT.some((permanent) => cause instanceof permanent);
  return new MessagingError('SendFailed', `not stored: ${describeError(cause)}`, { retryable, cause });
}
