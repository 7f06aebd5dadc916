import { systemClock, type Clock } from '../clock.ts';
import type { Delivery, MessageHandler } from '../delivery.ts';
import { plainEnvelopes, type Envelope, type EnvelopeCodec } from '../envelope.ts';
import { describeError, isRetryable } from '../errors.ts';
import { bury, isLastAttempt, type BurialOptions, type DeadLetterReason } from '../handling/dead-letters.ts';
import { readDelivery } from '../handling/read-delivery.ts';
import type { Inbox } from './inbox.ts';

export interface HandlerOptions extends BurialOptions {
  /** For an inbox the one of its store; absent: bodies are in clear. */
  readonly codec?: EnvelopeCodec;
  readonly clock?: Pick<Clock, 'now'>;
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
  const { group, codec = plainEnvelopes, clock = systemClock } = options;
  return async (delivery, signal) => {
    const read = readDelivery({ group, codec, clock }, delivery);
    if (read.kind === 'Unreadable')
      return bury(options, { delivery, reason: read.reason, detail: read.detail });
    try {
      const refusal = await take(read.envelope, delivery, signal);
      if (refusal) await bury(options, { delivery, ...refusal });
    } catch (error) {
      if (!isLastAttempt(delivery) || isRetryable(error)) throw error;
      await bury(options, { delivery, reason: 'HandlerFailed', detail: describeError(error) });
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
    if (!inbox.accepts(tags))
      return { reason: 'UnexpectedTag', detail: `${group} has no effect for ${tags}` };
    if (sequence === undefined) return { reason: 'MissingSequence', detail: 'the header has no sequence' };
    if (!messageGroup) return { reason: 'MissingMessageGroup', detail: 'the message is in no message group' };
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
