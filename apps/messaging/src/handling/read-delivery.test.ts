import { createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { encryptedEnvelopes } from '../encryption/encrypted-envelopes.ts';
import { delivery, orderBody, orderHeader } from '../testing/messages.ts';
import { testMetrics } from '../testing/test-metrics.ts';
import { readDelivery } from './read-delivery.ts';

const key = { id: 'key-2', key: createSecretKey(randomBytes(32)) };
const metrics = testMetrics();
const ringOf = (...keys: (typeof key)[]) =>
  encryptedEnvelopes({
    keys: { current: () => key, find: (id) => keys.find((each) => each.id === id) },
    plaintext: 'Refuse',
    metrics,
  });
const encrypted = delivery({ body: ringOf(key).encode(orderHeader(), orderBody, '456') });
const bornAt = encrypted.bornAt ?? 0;

describe('reading a delivery', () => {
  it('completes the header with what only the reader knows', () => {
    const options = { group: 'order-consumer', codec: ringOf(key), clock: { now: () => bornAt } };
    expect(readDelivery(options, { ...encrypted, attempt: 3 })).toMatchObject({
      kind: 'Read',
      envelope: { header: { consumer_group: 'order-consumer', retry_times: 2 }, body: orderBody },
    });
  });

  it.each([
    ['right after it was sent', 0],
    ['for five minutes', 299_999],
    ['by a clock that is behind', -60_000],
  ])('waits for a key that may be on its way: %s', (_when, ageMs) => {
    const options = { group: 'g', codec: ringOf(), clock: { now: () => bornAt + ageMs } };
    expect(() => readDelivery(options, encrypted)).toThrow(
      expect.objectContaining({ code: 'KeyNotYetKnown', retryable: true }),
    );
  });

  it.each([
    ['is gone', 300_000, {}],
    ['belongs to a message from the future', -300_000, {}],
    ['belongs to a message of no time', 0, { bornAt: undefined }],
  ])('does not wait for a key that %s', (_what, ageMs, change) => {
    const options = { group: 'g', codec: ringOf(), clock: { now: () => bornAt + ageMs } };
    expect(readDelivery(options, { ...encrypted, ...change })).toMatchObject({ reason: 'UnknownKey' });
  });
});
