import { describe, expect, it } from '@jest/globals';
import type { Delivery } from '../delivery.ts';
import { MessagingError } from '../errors.ts';
import type { DeadLetter } from '../handling/dead-letters.ts';
import { MemoryInboxStore } from '../testing/memory-inbox.ts';
import { delivery, orderHeader } from '../testing/messages.ts';
import { silentLog } from '../testing/silent-log.ts';
import { testMetrics } from '../testing/test-metrics.ts';
import { effectByTag } from './effect-by-tag.ts';
import { createInboxHandler } from './handler.ts';
import { Inbox, type Effect } from './inbox.ts';

const never = new AbortController().signal;

function setUp(effect: Effect<number[]> = () => Promise.resolve()) {
  const letters: DeadLetter[] = [];
  const store = new MemoryInboxStore();
  const handler = createInboxHandler({
    group: 'order-consumer',
    inbox: new Inbox(store, effect),
    deadLetters: { record: (letter) => Promise.resolve(void letters.push(letter)) },
    metrics: testMetrics(),
    log: silentLog,
  });
  return { handler, letters, store };
}

const { sequence: _sequence, ...unsequenced } = orderHeader();

describe('inbox handler', () => {
  it('applies a delivery and completes its header', async () => {
    const seen: unknown[] = [];
    const { handler, letters } = setUp(({ header }) =>
      Promise.resolve(void seen.push([header.consumer_group, header.retry_times])),
    );
    await handler(delivery({ attempt: 3 }), never);
    expect([seen, letters]).toEqual([[['order-consumer', 2]], []]);
  });

  it('buries a tag that its effects do not name, before it can park', async () => {
    const { handler, letters, store } = setUp(effectByTag<number[]>({ ORDER_TRADE: 'Skip' }));
    await handler(delivery({}, orderHeader({ sequence: 7 })), never);
    expect(letters).toEqual([expect.objectContaining({ reason: 'UnexpectedTag' })]);
    expect(store.stream('456').rows.size).toBe(0);
  });

  it('takes a place in the sequence for what it skips', async () => {
    const { handler, letters, store } = setUp(effectByTag<number[]>({ ORDER_CREATE: 'Skip' }));
    await handler(delivery(), never);
    expect([letters, store.stream('456').applied]).toEqual([[], 1]);
  });

  it.each<[string, Delivery, string]>([
    ['a body that is not JSON', delivery({ body: Buffer.from('{') }), 'UnparsableBody'],
    ['a message without sequence', delivery({}, unsequenced), 'MissingSequence'],
    ['a message without group', delivery({ messageGroup: undefined }), 'MissingMessageGroup'],
    ['a message with an empty group', delivery({ messageGroup: '' }), 'MissingMessageGroup'],
  ])('buries %s and leaves the sequence alone', async (_what, each, reason) => {
    const { handler, letters, store } = setUp();
    await handler(each, never);
    expect(letters).toEqual([expect.objectContaining({ delivery: each, reason })]);
    expect(store.stream('456').applied).toBe(0);
  });

  it('buries a second message for a taken place', async () => {
    const { handler, letters } = setUp();
    await handler(delivery(), never);
    await handler(delivery({ rocketmqMessageId: 'rocketmq-2' }, orderHeader({ message_id: 'm-2' })), never);
    expect(letters.map(({ reason }) => reason)).toEqual(['SequenceConflict']);
  });

  it('passes on a failing effect until the last attempt, then buries the message', async () => {
    const { handler, letters } = setUp(() => Promise.reject(new Error('no such row')));
    await expect(handler(delivery({ attempt: 2 }), never)).rejects.toThrow('no such row');
    expect(letters).toEqual([]);
    await handler(delivery({ attempt: 3 }), never);
    expect(letters).toEqual([expect.objectContaining({ reason: 'HandlerFailed', detail: 'no such row' })]);
  });

  it('never buries a message because a dependency is away', async () => {
    const away = new MessagingError('HandlerTimeout', 'away', { retryable: true });
    const { handler, letters } = setUp(() => Promise.reject(away));
    await expect(handler(delivery({ attempt: 99 }), never)).rejects.toBe(away);
    expect(letters).toEqual([]);
  });
});
