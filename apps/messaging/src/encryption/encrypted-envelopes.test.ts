import { createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { encodeEnvelope, type Decoded, type MessageHeader } from '../envelope.ts';
import { MessagingError } from '../errors.ts';
import { isTag, messageTypes, type Tag } from '../message-types.ts';
import { bodies, orderBody, orderHeader } from '../testing/messages.ts';
import { testMetrics } from '../testing/test-metrics.ts';
import { encryptedEnvelopes } from './encrypted-envelopes.ts';
import type { KeyRing } from './key-ring.ts';

const metrics = testMetrics();
const keyOf = (id: string) => ({ id, key: createSecretKey(randomBytes(32)) });
const [first, second] = [keyOf('key-1'), keyOf('key-2')];

function ringOf(...keys: (typeof first)[]): KeyRing {
  const missing = () => new MessagingError('EncryptionUnavailable', 'no keys', { retryable: true });
  return {
    current() {
      const newest = keys.at(-1);
      if (newest === undefined) throw missing();
      return newest;
    },
    find: (id) => keys.find((key) => key.id === id),
  };
}

const codecOf = (keys: KeyRing, plaintext: 'Refuse' | 'Accept' = 'Refuse') =>
  encryptedEnvelopes({ keys, plaintext, metrics });
const codec = codecOf(ringOf(first));
const encoded = codec.encode(orderHeader(), orderBody, '456');
const reason = (decoded: Decoded) => (decoded.kind === 'Unreadable' ? decoded.reason : 'Read');

const header = fc.record({
  tags: fc.constantFrom(...Object.keys(messageTypes).filter(isTag)),
  message_id: fc.string({ minLength: 1, maxLength: 40 }),
  keys: fc.string({ maxLength: 20 }),
  trace_id: fc.string({ maxLength: 32 }),
  timestamp: fc.nat(),
});

describe('encrypted envelopes', () => {
  it('come back as they were written, whatever the tag and the header', () => {
    fc.assert(
      fc.property(header, fc.option(fc.string(), { nil: undefined }), (changes, group) => {
        const whole: MessageHeader & { readonly tags: Tag } = { ...orderHeader(), ...changes };
        const bytes = codec.encode(whole, bodies[changes.tags], group);
        expect(codec.decode(bytes, group)).toEqual({
          kind: 'Read',
          envelope: { version: 1, header: whole, body: bodies[changes.tags] },
        });
      }),
    );
  });

  it('are refused when any bit of them was flipped', () => {
    fc.assert(
      fc.property(fc.nat({ max: encoded.length * 8 - 1 }), (bit) => {
        const changed = Buffer.from(encoded);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(codec.decode(changed, '456').kind).toBe('Unreadable');
        expect(codecOf(ringOf(first), 'Accept').decode(changed, '456').kind).toBe('Unreadable');
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['another message id', { message_id: 'm-2' }],
    ['another topic', { topic: 'asset-topic' }],
    ['another tag', { tags: 'ORDER_TRADE' }],
    ['another place in the sequence', { sequence: 2 }],
    ['no place in the sequence', { sequence: undefined }],
    ['another trace', { trace_id: 'f'.repeat(32) }],
  ])('are refused under %s', (_what, change) => {
    const frame: unknown = JSON.parse(encoded.toString());
    const changed = { ...Object(frame), header: { ...orderHeader(), ...change } };
    expect(reason(codec.decode(Buffer.from(JSON.stringify(changed)), '456'))).toBe('Tampered');
  });

  it('are refused in another message group, or in none', () => {
    expect(reason(codec.decode(encoded, '457'))).toBe('Tampered');
    expect(reason(codec.decode(encoded, undefined))).toBe('Tampered');
  });

  it('are refused under the id of another key, and with none that fits', () => {
    const renamed = Buffer.from(encoded.toString().replace('key-1', 'key-2'));
    expect(reason(codecOf(ringOf(first, second)).decode(renamed, '456'))).toBe('Tampered');
    expect(reason(codecOf(ringOf({ ...second, id: 'key-1' })).decode(encoded, '456'))).toBe('Tampered');
    expect(reason(codecOf(ringOf(second)).decode(encoded, '456'))).toBe('UnknownKey');
  });

  it('are written with the current key, and read with any of the ring', () => {
    const both = codecOf(ringOf(first, second));
    expect(JSON.parse(both.encode(orderHeader(), orderBody, '456').toString())).toMatchObject({
      encrypted: { key_id: 'key-2' },
    });
    expect(reason(both.decode(encoded, '456'))).toBe('Read');
  });

  it('are not written without a key', () => {
    expect(() => codecOf(ringOf()).encode(orderHeader(), orderBody, '456')).toThrow('no keys');
  });

  it('refuse a message in clear, unless told to accept it', () => {
    const clear = encodeEnvelope(orderHeader(), orderBody);
    expect(reason(codec.decode(clear, '456'))).toBe('NotEncrypted');
    expect(reason(codecOf(ringOf(first), 'Accept').decode(clear, '456'))).toBe('Read');
  });

  it('have one body', () => {
    const both = { ...Object(JSON.parse(encoded.toString())), body: orderBody };
    const bytes = Buffer.from(JSON.stringify(both));
    expect(reason(codecOf(ringOf(first), 'Accept').decode(bytes, '456'))).toBe('InvalidMessage');
  });

  it('show nothing of the body, nor in what is said of one that does not fit', () => {
    for (const value of ['50000.00', 'ORD20240101001', 'BTCUSDT', 'LIMIT'])
      expect(encoded.toString()).not.toContain(value);
    const wrong = { ...orderBody, amount: 'a hundred', direction: 'SIDEWAYS' };
    expect(() => codec.encode(orderHeader(), Object(wrong), '456')).toThrow(
      expect.objectContaining({ message: expect.not.stringMatching(/hundred|SIDEWAYS/) }),
    );
  });
});
