import { createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { open, seal } from './cipher.ts';

const key = createSecretKey(randomBytes(32));
const other = createSecretKey(randomBytes(32));
const bytes = fc.uint8Array({ maxLength: 100 });

/** The same bytes with one bit of the other value. */
function flip(original: Uint8Array, bit: number): Buffer {
  const changed = Buffer.from(original);
  const at = bit % (changed.length * 8);
  changed[at >> 3] = (changed[at >> 3] ?? 0) ^ (1 << (at & 7));
  return changed;
}

describe('AES-256-GCM', () => {
  it('opens what it sealed, under no two nonces', () => {
    fc.assert(
      fc.property(bytes, bytes, (plaintext, bound) => {
        const sealed = seal(key, plaintext, bound);
        expect(open(key, sealed, bound)).toEqual(Buffer.from(plaintext));
        expect(sealed.nonce).not.toEqual(seal(key, plaintext, bound).nonce);
      }),
    );
  });

  it('opens nothing of which a bit was flipped, whichever', () => {
    const part = fc.constantFrom('nonce', 'ciphertext', 'tag', 'bound');
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 100 }),
        bytes,
        part,
        fc.nat(),
        (text, more, which, bit) => {
          const bound = Buffer.concat([Buffer.from('b'), more]);
          const sealed = seal(key, text, bound);
          const changed = which === 'bound' ? sealed : { ...sealed, [which]: flip(sealed[which], bit) };
          expect(open(key, changed, which === 'bound' ? flip(bound, bit) : bound)).toBeUndefined();
        },
      ),
    );
  });

  it('opens nothing by another key, a shorter tag or another nonce length', () => {
    const bound = Buffer.from('bound');
    const sealed = seal(key, Buffer.from('text'), bound);
    expect(open(other, sealed, bound)).toBeUndefined();
    expect(open(key, { ...sealed, tag: sealed.tag.subarray(0, 12) }, bound)).toBeUndefined();
    expect(open(key, { ...sealed, nonce: sealed.nonce.subarray(0, 8) }, bound)).toBeUndefined();
    expect(open(key, { ...sealed, ciphertext: sealed.ciphertext.subarray(1) }, bound)).toBeUndefined();
  });
});
