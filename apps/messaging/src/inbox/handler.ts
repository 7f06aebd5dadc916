import { systemClock, type Clock } from '../clock.ts';
import type { Delivery, MessageHandler } from '../delivery.ts';
import { plainEnvelopes, type Envelope, type EnvelopeCodec } from '../envelope.ts';
import {
  bury,
  buryLastAttempt,
  type BurialOptions,
  type DeadLetterReason,
} from '../handling/dead-letters.ts';
import { readDelivery } from '../handling/read-delivery.ts';
import type { Inbox } from './inbox.ts';

export interface InboxHandlerOptions<Db> extends BurialOptions {
  readonly inbox: Inbox<Db>;
  /** The one of the inbox's store; absent: bodies are in clear. */
  readonly codec?: EnvelopeCodec;
  readonly clock?: Pick<Clock, 'now'>;
}

/** Why a message that can be read can never be taken. */
interface Refusal {
  readonly reason: DeadLetterReason;
  readonly detail: string;
}

/**
 * Takes deliveries into an inbox. What can never be taken becomes a dead letter and is acknowledged: an unreadable message,
 * one without a place or with a place that is taken, one whose last attempt fails for a reason that a retry will not change.
 * The place of a dead letter in the sequence stays open, so later messages of its group park: skipping an order is for an
 * operator to decide.
 */
export function createInboxHandler<Db>(options: InboxHandlerOptions<Db>): MessageHandler {
  const { group, codec = plainEnvelopes, clock = systemClock } = options;
  return async (delivery, signal) => {
    const read = readDelivery({ group, codec, clock }, delivery);
    if (read.kind === 'Unreadable')
      return bury(options, { delivery, reason: read.reason, detail: read.detail });
    try {
      const refusal = await take(options, read.envelope, delivery, signal);
      if (refusal) await bury(options, { delivery, ...refusal });
    } catch (error) {
      await buryLastAttempt(options, delivery, error);
    }
  };
}

async function take<Db>(
  { group, inbox, metrics }: InboxHandlerOptions<Db>,
  envelope: Envelope,
  { topic, messageGroup, body: payload }: Delivery,
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  const { message_id: messageId, sequence, tags } = envelope.header;
  if (!inbox.accepts(tags)) return { reason: 'UnexpectedTag', detail: `${group} has no effect for ${tags}` };
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
}
