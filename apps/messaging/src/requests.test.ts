import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { splitIntoRequests } from './requests.ts';

interface Fake {
  readonly id: number;
  readonly topic: string;
  readonly prepared: { readonly body: Buffer; readonly deliveryTimestamp?: Date };
}

const fake = (id: number, topic = 'a', size = 10, timed = false): Fake => ({
  id,
  topic,
  prepared: { body: Buffer.alloc(size), ...(timed ? { deliveryTimestamp: new Date(1) } : {}) },
});
const ids = (requests: readonly (readonly Fake[])[]) =>
  requests.map((request) => request.map(({ id }) => id));
const MIB = 1024 * 1024;

describe('splitting messages into requests', () => {
  it('puts up to 32 into one', () => {
    const requests = splitIntoRequests(
      Array.from({ length: 70 }, (_, id) => fake(id)),
      MIB,
    );
    expect(requests.map((request) => request.length)).toEqual([32, 32, 6]);
  });

  it('keeps topics apart, and timed messages alone', () => {
    const messages = [
      fake(1),
      fake(2),
      fake(3, 'b'),
      fake(4, 'b', 10, true),
      fake(5, 'b', 10, true),
      fake(6, 'b'),
    ];
    expect(ids(splitIntoRequests(messages, MIB))).toEqual([[1, 2], [3], [4], [5], [6]]);
  });

  it('makes no request larger than one message may be, unless it has one message', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 70_000 }), { maxLength: 80 });
    fc.assert(
      fc.property(sizes, (each) => {
        const messages = each.map((size, id) => fake(id, 'a', size));
        const requests = splitIntoRequests(messages, 65_536);
        expect(ids(requests).flat()).toEqual(each.map((_size, id) => id));
        for (const request of requests) {
          const bytes = request.reduce((sum, { prepared }) => sum + prepared.body.length, 0);
          expect(request.length === 1 || (bytes < 65_536 && request.length <= 32)).toBe(true);
        }
      }),
    );
  });
});
