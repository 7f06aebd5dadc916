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

export interface InboxHandlerOptions<Db> {
  readonly group: string;
  readonly inbox: Inbox<Db>;
  readonly deadLetters: DeadLetterStore;
  readonly metrics: MessagingMetrics;
  readonly log: Logger;
}

/**
 * Takes deliveries into an inbox. What can never be applied becomes a dead letter and is acknowledged; its place in the
 * sequence stays open, so later messages of its group park: skipping an order is for an operator to decide.
 */
export function createInboxHandler<Db>(options: InboxHandlerOptions<Db>): MessageHandler {
  const { group, inbox, deadLetters, metrics, log } = options;

  const bury = async (delivery: Delivery, reason: DeadLetterReason, detail: string): Promise<void> => {
    await deadLetters.record({ delivery, reason, detail });
    metrics.inbox.inc({ group, outcome: 'DeadLetter' });
    const { rocketmqMessageId, topic, tag, messageGroup } = delivery;
    log.error({ rocketmqMessageId, topic, tag, messageGroup, reason, detail }, 'dead letter');
  };

  return async (delivery, signal) => {
    const decoded = decodeEnvelope(delivery.body);
    if (decoded.kind === 'Unreadable') return bury(delivery, decoded.reason, decoded.detail);
    const envelope = completeHeader(decoded.envelope, group, delivery);
    const { message_id: messageId, sequence } = envelope.header;
    const { topic, messageGroup, body: payload } = delivery;
    const { tags } = envelope.header;
    if (!inbox.accepts(tags)) return bury(delivery, 'UnexpectedTag', `${group} has no effect for ${tags}`);
    if (sequence === undefined) return bury(delivery, 'MissingSequence', 'the header has no sequence');
    if (!messageGroup) return bury(delivery, 'MissingMessageGroup', 'the message is in no message group');
    try {
      const outcome = await inbox.receive(
        { key: { topic, messageGroup }, messageId, sequence, envelope, payload },
        signal,
      );
      if (outcome.kind === 'Conflict') return await bury(delivery, 'SequenceConflict', outcome.detail);
      metrics.inbox.inc({ group, outcome: outcome.kind });
      if (outcome.unparked > 0) metrics.inbox.inc({ group, outcome: 'Unparked' }, outcome.unparked);
    } catch (error) {
      // Bury it here on the last attempt: past it the server would put it into a queue that nobody reads.
      if (!isLastAttempt(delivery) || isRetryable(error)) throw error;
      await bury(delivery, 'HandlerFailed', describeError(error));
    }
  };
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
