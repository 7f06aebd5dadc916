import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { MessagingError } from '../errors.ts';
import { MemoryInboxStore } from '../testing/memory-inbox.ts';
import { orderBody, orderHeader } from '../testing/messages.ts';
import { Inbox, type SequencedMessage } from './inbox.ts';

const never = new AbortController().signal;

function message(
  sequence: number,
  messageGroup = 'user',
  messageId = `${messageGroup}-${sequence}`,
): SequencedMessage {
  const envelope = { version: 1, header: orderHeader({ message_id: messageId, sequence }), body: orderBody };
  return {
    key: { topic: 'order-topic', messageGroup },
    messageId,
    sequence,
    envelope,
    payload: new Uint8Array(),
  };
}

/** Writes the sequence; what the effects wrote is what was applied, in order. */
const record = (envelope: { header: { sequence?: number } }, effects: number[]) => {
  effects.push(envelope.header.sequence ?? 0);
  return Promise.resolve();
};

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('Inbox', () => {
  it('parks a gap and applies everything once it closes', async () => {
    const store = new MemoryInboxStore();
    const inbox = new Inbox(store, record);
    expect(await inbox.receive(message(1), never)).toEqual({ kind: 'Applied', unparked: 0 });
    expect(await inbox.receive(message(3), never)).toEqual({ kind: 'Parked', unparked: 0 });
    expect(await inbox.receive(message(4), never)).toEqual({ kind: 'Parked', unparked: 0 });
    expect(store.stream('user').effects).toEqual([1]);
    expect(await inbox.receive(message(2), never)).toEqual({ kind: 'Applied', unparked: 2 });
    expect(store.stream('user').effects).toEqual([1, 2, 3, 4]);
  });

  it('applies in sequence and once, for any order, repetition, concurrency and crash, as long as each message is retried', async () => {
    const arrivals = fc
      .record({ users: fc.integer({ min: 1, max: 3 }), each: fc.integer({ min: 1, max: 8 }) })
      .chain(({ users, each }) => {
        const all = upTo(users).flatMap((user) =>
          upTo(each).map((sequence) => message(sequence, `user-${user}`)),
        );
        const repeated = fc.array(fc.constantFrom(...all), { maxLength: all.length });
        return fc.record({
          users: fc.constant(users),
          each: fc.constant(each),
          deliveries: repeated.chain((more) =>
            fc.shuffledSubarray([...all, ...more], { minLength: all.length + more.length }),
          ),
          crashes: fc.array(fc.boolean(), { maxLength: 30 }),
          inFlight: fc.integer({ min: 1, max: 4 }),
        });
      });
    await fc.assert(
      fc.asyncProperty(arrivals, async ({ users, each, deliveries, crashes, inFlight }) => {
        const script = [...crashes];
        const store = new MemoryInboxStore(() => script.shift() ?? false);
        const inbox = new Inbox(store, record);
        const waiting = [...deliveries];
        const consume = async (): Promise<void> => {
          for (let next = waiting.shift(); next; next = waiting.shift()) {
            // An unacknowledged message comes again, later than others.
            const delivered = next;
            await inbox.receive(delivered, never).catch(() => waiting.push(delivered));
          }
        };
        await Promise.all(upTo(inFlight).map(consume));
        for (const user of upTo(users)) {
          expect(store.stream(`user-${user}`).effects).toEqual(upTo(each));
          expect([...store.stream(`user-${user}`).rows.values()].map((row) => row.state)).not.toContain(
            'Parked',
          );
        }
      }),
      { numRuns: 150 },
    );
  });

  it('never applies past a gap, however long', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.shuffledSubarray(upTo(9), { minLength: 9 }),
        async (missing, order) => {
          const store = new MemoryInboxStore();
          const inbox = new Inbox(store, record);
          for (const sequence of order.filter((each) => each !== missing))
            await inbox.receive(message(sequence), never);
          expect(store.stream('user').effects).toEqual(upTo(missing - 1));
        },
      ),
    );
  });

  it('refuses a second message for the same place', async () => {
    const inbox = new Inbox(new MemoryInboxStore(), record);
    await inbox.receive(message(1), never);
    expect(await inbox.receive(message(1, 'user', 'other'), never)).toMatchObject({ kind: 'Conflict' });
  });

  it('finishes what a process left that died between applying and unparking', async () => {
    // Commits: park 2 and look behind it, apply 1; then the crash of the transaction that would unpark 2.
    const crashes = [false, false, false, true];
    const store = new MemoryInboxStore(() => crashes.shift() ?? false);
    const inbox = new Inbox(store, record);
    await inbox.receive(message(2), never);
    await expect(inbox.receive(message(1), never)).rejects.toThrow('crashed');
    expect(store.stream('user').effects).toEqual([1]);
    expect(await inbox.receive(message(1), never)).toEqual({ kind: 'Duplicate', unparked: 1 });
    expect(store.stream('user').effects).toEqual([1, 2]);
  });

  it('keeps the error of a parked message that fails in its turn, and does not blame the one that closed the gap', async () => {
    const store = new MemoryInboxStore();
    const refusal = new Error('the row is not there');
    const inbox = new Inbox<number[]>(store, async (envelope, effects) => {
      if (envelope.header.sequence === 2) throw refusal;
      await record(envelope, effects);
    });
    await inbox.receive(message(2), never);
    expect(await inbox.receive(message(1), never)).toEqual({ kind: 'Applied', unparked: 0 });
    expect(store.failures.get('user-2')).toBe(refusal);
    expect(store.stream('user').effects).toEqual([1]);
  });

  it('passes on a retryable failure of a parked message, so that the delivery is tried again', async () => {
    const store = new MemoryInboxStore();
    let away = true;
    const inbox = new Inbox<number[]>(store, async (envelope, effects) => {
      if (away && envelope.header.sequence === 2)
        throw new MessagingError('HandlerTimeout', 'away', { retryable: true });
      await record(envelope, effects);
    });
    await inbox.receive(message(2), never);
    await expect(inbox.receive(message(1), never)).rejects.toMatchObject({ retryable: true });
    away = false;
    expect(await inbox.receive(message(1), never)).toEqual({ kind: 'Duplicate', unparked: 1 });
    expect(store.stream('user').effects).toEqual([1, 2]);
  });
});
