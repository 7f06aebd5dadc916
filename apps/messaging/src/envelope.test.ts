import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { decodeEnvelope, encodeEnvelope } from './envelope.ts';
import { isTag, messageTypes } from './message-types.ts';
import { bodies, orderBody, orderHeader } from './testing/messages.ts';

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
const frame = (changes: object = {}) => ({ version: 1, header: orderHeader(), body: orderBody, ...changes });

describe('envelope', () => {
  it('comes back as it was written', () => {
    expect(decodeEnvelope(encodeEnvelope(orderHeader(), orderBody))).toEqual({
      kind: 'Read',
      envelope: { version: 1, header: orderHeader(), body: orderBody },
    });
  });

  it('keeps out fields that this release does not know, so that bodies may grow', () => {
    const decoded = decodeEnvelope(bytes(frame({ body: { ...orderBody, later: true } })));
    expect(decoded).toMatchObject({ kind: 'Read', envelope: { body: orderBody } });
  });

  it.each([
    ['a body that is not JSON', Buffer.from('{'), 'UnparsableBody'],
    ['a body that is not UTF-8', Buffer.from([0xff, 0xfe]), 'UnparsableBody'],
    ['no header', bytes({ version: 1, body: orderBody }), 'InvalidMessage'],
    [
      'a tag of another release',
      bytes(frame({ header: { ...orderHeader(), tags: 'ORDER_TELEPORT' } })),
      'UnknownTag',
    ],
    [
      'a tag named like an object method',
      bytes(frame({ header: { ...orderHeader(), tags: 'toString' } })),
      'UnknownTag',
    ],
    ['a later version', bytes(frame({ version: 2 })), 'UnsupportedVersion'],
    ['money as a number', bytes(frame({ body: { ...orderBody, amount: 0.001 } })), 'InvalidMessage'],
    ['a sequence of zero', bytes(frame({ header: { ...orderHeader(), sequence: 0 } })), 'InvalidMessage'],
  ])('says why it cannot read %s', (_what, body, reason) => {
    expect(decodeEnvelope(body)).toMatchObject({ kind: 'Unreadable', reason });
  });

  it('refuses to write what it could not read', () => {
    expect(() => encodeEnvelope(orderHeader(), { ...orderBody, amount: '1e3' })).toThrow(/decimal/);
  });

  it('never says a value of a body that it refuses', () => {
    const secret = fc.constantFrom<unknown>('Zq7-secret', 90_210_777.5, ['Zq7-secret'], {
      'no-such': 'Zq7-secret',
    });
    const place = fc
      .constantFrom(...Object.keys(messageTypes).filter(isTag))
      .chain((tag) =>
        fc.record({ tag: fc.constant(tag), field: fc.constantFrom(...Object.keys(bodies[tag])) }),
      );
    fc.assert(
      fc.property(place, secret, ({ tag, field }, value) => {
        const header = { ...orderHeader(), tags: tag };
        const decoded = decodeEnvelope(
          bytes({ version: 1, header, body: { ...bodies[tag], [field]: value } }),
        );
        expect(decoded.kind === 'Unreadable' ? decoded.detail : '').not.toMatch(/Zq7|90210777/);
      }),
    );
  });

  it('never quotes what is not JSON', () => {
    const decoded = decodeEnvelope(Buffer.from('{"amount": Zq7-secret}'));
    expect(decoded).toMatchObject({ detail: expect.not.stringContaining('Zq7') });
  });

  it('is not for who has no keys when it is encrypted', () => {
    const part = Buffer.alloc(16).toString('base64');
    const encrypted = { algorithm: 'AES-256-GCM', key_id: 'key-1', nonce: part, ciphertext: part, tag: part };
    const message = bytes({ version: 1, header: orderHeader(), encrypted });
    expect(() => decodeEnvelope(message)).toThrow(
      expect.objectContaining({ code: 'EncryptionUnavailable', retryable: true }),
    );
  });

  it('never throws on any bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (body) => {
          expect(['Read', 'Unreadable']).toContain(decodeEnvelope(body).kind);
        },
      ),
    );
  });
});
