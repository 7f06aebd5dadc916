import type { Delivery, MessageHandler } from '../consumer.ts';
import { decodeEnvelope, type Envelope, type UnreadableReason } from '../envelope.ts';
import { describeError, isRetryable } from '../errors.ts';
import type { Logger } from '../client/logger.ts';
import type { MessagingMetrics } from '../metrics.ts';
import type { Inbox } from './inbox.ts';

export type DeadLetterReason =
  UnreadableReason | 'UnexpectedTag' | 'MissingSequence' | 'MissingMessageGroup' | 'SequenceConflict' | 'HandlerFailed';

export interface DeadLetter {
  readonly delivery: Delivery;
  readonly reason: DeadLetterReason;
  readonly detail: string;
}

export interface DeadLetterStore {
  /** Idempotent by RocketMQ message id. */
  record(letter: DeadLetter): Promise<void>;
}

export interface HandlerOptions {
  readonly group: string;
  readonly deadLetters: DeadLetterStore;
  readonly metrics: MessagingMetrics;
  readonly log: Logger;
}

export interface InboxHandlerOptions<Db> extends HandlerOptions {
  readonly inbox: Inbox<Db>;
}

/** Why a message that can be read can never be taken. */
interface Refusal {
  readonly reason: DeadLetterReason;
  readonly detail: string;
}

/** What is done with a message that can be read; refused, it becomes a dead letter. */
type Taker = (envelope: Envelope, delivery: Delivery, signal: AbortSignal) => Promise<Refusal | undefined>;

/**
 * Reads deliveries and hands them to `take`. What can never be taken becomes a dead letter and is acknowledged: an unreadable
 * message, one that `take` refuses, one whose last attempt fails for a reason that a retry will not change.
 */
export function createHandler(options: HandlerOptions, take: Taker): MessageHandler {
  const { group, deadLetters, metrics, log } = options;

  const bury = async (delivery: Delivery, { reason, detail }: Refusal): Promise<void> => {
    await deadLetters.record({ delivery, reason, detail });
    metrics.inbox.inc({ group, outcome: 'DeadLetter' });
    const { rocketmqMessageId, topic, tag, messageGroup } = delivery;
    log.error({ rocketmqMessageId, topic, tag, messageGroup, reason, detail }, 'dead letter');
  };

  return async (delivery, signal) => {
    const decoded = decodeEnvelope(delivery.body);
    if (decoded.kind === 'Unreadable') return bury(delivery, decoded);
    try {
      const refusal = await take(completeHeader(decoded.envelope, group, delivery), delivery, signal);
      if (refusal) await bury(delivery, refusal);
    } catch (error) {
      // Bury it here on the last attempt: past it the server would put it into a queue that nobody reads.
      if (!isLastAttempt(delivery) || isRetryable(error)) throw error;
      await bury(delivery, { reason: 'HandlerFailed', detail: describeError(error) });
    }
  };
}

/**
 * Takes deliveries into an inbox. The place of a dead letter in the sequence stays open, so later messages of its group park:
 * skipping an order is for an operator to decide.
 */
export function createInboxHandler<Db>(options: InboxHandlerOptions<Db>): MessageHandler {
  const { group, inbox, metrics } = options;
  return createHandler(options, async (envelope, delivery, signal) => {
    const { message_id: messageId, sequence, tags } = envelope.header;
    const { topic, messageGroup, body: payload } = delivery;
    if (!inbox.accepts(tags)) return { reason: 'UnexpectedTag', detail: `${group} has no effect for ${tags}` };
    if (sequence === undefined) return { reason: 'MissingSequence', detail: 'the header has no sequence' };
    if (!messageGroup)
      return { reason: 'MissingMessageGroup', detail: 'the message is in no message group' };
    const outcome = await inbox.receive(
      { key: { topic, messageGroup }, messageId, sequence, envelope, payload },
      signal,
    );
    if (outcome.kind === 'Conflict') return { reason: 'SequenceConflict', detail: outcome.detail };
    metrics.inbox.inc({ group, outcome: outcome.kind });
    if (outcome.unparked > 0) metrics.inbox.inc({ group, outcome: 'Unparked' }, outcome.unparked);
    return undefined;
  });
}

function completeHeader(envelope: Envelope, group: string, delivery: Delivery): Envelope {
  return {
    ...envelope,
    header: { ...envelope.header, consumer_group: group, retry_times: delivery.attempt - 1 },
  };
}

function isLastAttempt({ attempt, maxAttempts }: Delivery): boolean {
  return maxAttempts !== undefined && attempt >= maxAttempts;
}
