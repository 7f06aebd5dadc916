import type { Clock } from '../clock.ts';
import type { Delivery } from '../delivery.ts';
import { unreadable, type Envelope, type EnvelopeCodec, type UnreadableReason } from '../envelope.ts';
import { MessagingError } from '../errors.ts';

export type ReadDelivery =
  | { readonly kind: 'Read'; readonly envelope: Envelope }
  | { readonly kind: 'Unreadable'; readonly reason: UnreadableReason | 'Corrupted'; readonly detail: string };

export interface ReadOptions {
  readonly group: string;
  readonly codec: EnvelopeCodec;
  readonly clock: Pick<Clock, 'now'>;
}

/** A changed Secret is in every pod within a minute and a half; past this time a key is not on its way any more. */
const KEY_ARRIVAL_MS = 300_000;

/**
 * The envelope of a delivery, its header completed with what only the reader knows, or why there is none.
 *
 * @throws MessagingError retryable, when not the message is at fault but the keys of this process
 */
export function readDelivery({ group, codec, clock }: ReadOptions, delivery: Delivery): ReadDelivery {
  if (delivery.corrupted)
    return { kind: 'Unreadable', reason: 'Corrupted', detail: 'the body does not have its checksum' };
  const decoded = codec.decode(delivery.body, delivery.messageGroup);
  if (decoded.kind === 'Unreadable') {
    if (decoded.reason === 'UnknownKey' && isYoung(delivery, clock.now()))
      throw new MessagingError('KeyNotYetKnown', decoded.detail, { retryable: true });
    return decoded;
  }
  const { envelope } = decoded;
  const { topic, tags } = envelope.header;
  // Also of what was encrypted: it is bound to its header, and this binds the header to where it is.
  if (topic !== delivery.topic || tags !== delivery.tag) {
    const detail = `the header is of ${topic} ${tags}, the message of ${delivery.topic} ${delivery.tag}`;
    return unreadable('InvalidMessage', detail);
  }
  return { kind: 'Read', envelope: completeHeader(envelope, group, delivery.attempt) };
}

function completeHeader<T extends Envelope>(envelope: T, group: string, attempt: number): T {
  return { ...envelope, header: { ...envelope.header, consumer_group: group, retry_times: attempt - 1 } };
}

function isYoung({ bornAt }: Delivery, nowMs: number): boolean {
  // By its sender's clock: what claims to come from the future is not waited for.
  return bornAt !== undefined && Math.abs(nowMs - bornAt) < KEY_ARRIVAL_MS;
}
