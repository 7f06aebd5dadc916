import type { Logger } from '../client/logger.ts';
import type { Delivery } from '../delivery.ts';
import type { UnreadableReason } from '../envelope.ts';
import { describeError, isRetryable } from '../errors.ts';
import type { MessagingMetrics } from '../metrics.ts';

export type DeadLetterReason =
  | UnreadableReason
  | 'Corrupted'
  | 'UnexpectedTag'
  | 'MissingSequence'
  | 'MissingMessageGroup'
  | 'SequenceConflict'
  | 'HandlerFailed';

export interface DeadLetter {
  readonly delivery: Pick<
    Delivery,
    'rocketmqMessageId' | 'topic' | 'tag' | 'messageGroup' | 'properties' | 'body' | 'attempt'
  >;
  readonly reason: DeadLetterReason;
  readonly detail: string;
}

export interface DeadLetterStore {
  /** Idempotent by RocketMQ message id. */
  record(letter: DeadLetter): Promise<void>;
}

export interface BurialOptions {
  readonly group: string;
  readonly deadLetters: DeadLetterStore;
  readonly metrics: MessagingMetrics;
  readonly log: Logger;
}

/** Keeps a message that can never be applied, as it came and with the reason; it may be acknowledged then. */
export async function bury(options: BurialOptions, letter: DeadLetter): Promise<void> {
  const { group, deadLetters, metrics, log } = options;
  await deadLetters.record(letter);
  const { delivery, reason, detail } = letter;
  const { rocketmqMessageId, topic, tag, messageGroup } = delivery;
  metrics.inbox.inc({ group, outcome: 'DeadLetter' });
  metrics.deadLetters.inc({ topic, group, reason });
  log.error({ rocketmqMessageId, topic, tag, messageGroup, reason, detail }, 'dead letter');
}

/**
 * What becomes of a message whose effect failed. Past the last attempt the server would put it into a queue that nobody
 * reads, so it is buried on that one.
 *
 * @throws the error itself when another attempt may help, or is left
 */
export async function buryLastAttempt(
  options: BurialOptions,
  delivery: Delivery,
  error: unknown,
): Promise<void> {
  const { attempt, maxAttempts } = delivery;
  const isLast = maxAttempts !== undefined && attempt >= maxAttempts;
  if (!isLast || isRetryable(error)) throw error;
  await bury(options, { delivery, reason: 'HandlerFailed', detail: describeError(error) });
}
