import {
  makeFrame,
  parseJson,
  readBody,
  readFrame,
  toBytes,
  unreadable,
  type Decoded,
  type EnvelopeCodec,
  type Frame,
  type MessageHeader,
  type SealedBody,
} from '../envelope.ts';
import type { MessagingMetrics } from '../metrics.ts';
import { open, seal } from './cipher.ts';
import type { KeyRing } from './key-ring.ts';

export interface EncryptedEnvelopesOptions {
  readonly keys: KeyRing;
  /** What to do with a message in clear. `Accept` is for the time in which senders begin to encrypt, and no longer. */
  readonly plaintext: 'Refuse' | 'Accept';
  readonly metrics: Pick<MessagingMetrics, 'keyUses'>;
}

/**
 * Envelopes whose bodies only holders of the keys can read. The header stays in clear for brokers, filters and searches;
 * it is authenticated, with the message group and the key's id, so that a body cannot be moved to another message.
 */
export function encryptedEnvelopes({ keys, plaintext, metrics }: EncryptedEnvelopesOptions): EnvelopeCodec {
  return {
    encode(header, body, messageGroup) {
      const frame = makeFrame(header, body);
      const { id, key } = keys.current();
      const { nonce, ciphertext, tag } = seal(key, toBytes(frame.body), bind(frame, id, messageGroup));
      metrics.keyUses.inc({ key: id, operation: 'Encrypt' });
      const encrypted = {
        algorithm: 'AES-256-GCM',
        key_id: id,
        nonce: nonce.toString('base64'),
        ciphertext: ciphertext.toString('base64'),
        tag: tag.toString('base64'),
      };
      return toBytes({ version: frame.version, header: frame.header, encrypted });
    },

    decode(bytes, messageGroup) {
      const frame = readFrame(bytes);
      if ('kind' in frame) return frame;
      if (frame.encrypted !== undefined) return decrypt(frame, frame.encrypted, messageGroup);
      return plaintext === 'Accept'
        ? readBody(frame, frame.body)
        : unreadable('NotEncrypted', 'the message is in clear, and only encrypted ones are accepted');
    },
  };

  function decrypt(frame: Frame, sealed: SealedBody, messageGroup: string | undefined): Decoded {
    const { key_id: id } = sealed;
    const found = keys.find(id);
    if (found === undefined) return unreadable('UnknownKey', `key ${JSON.stringify(id)} is not in the ring`);
    const body = open(found.key, sealed, bind(frame, id, messageGroup));
    if (body === undefined)
      return unreadable('Tampered', `the message is not what key ${JSON.stringify(id)} encrypted`);
    metrics.keyUses.inc({ key: id, operation: 'Decrypt' });
    const json = parseJson(body);
    return json === undefined
      ? unreadable('UnparsableBody', 'the decrypted body is not JSON in UTF-8')
      : readBody(frame, json.value);
  }
}

/** Field by field: what a later release adds to the header has to leave these bytes as they are. */
function bind({ version, header }: Frame, keyId: string, messageGroup: string | undefined): Buffer {
  return toBytes(['gantry-envelope-1', version, keyId, messageGroup || null, ...headerFields(header)]);
}

function headerFields(header: MessageHeader): readonly unknown[] {
  return [
    header.message_id,
    header.topic,
    header.tags,
    header.keys,
    header.timestamp,
    header.producer_group,
    header.consumer_group,
    header.retry_times,
    header.trace_id,
    header.sequence ?? null,
  ];
}
