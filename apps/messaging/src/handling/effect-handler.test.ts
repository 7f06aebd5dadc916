import { describe, expect, it } from '@jest/globals';
import type { Delivery } from '../delivery.ts';
import { MessagingError } from '../errors.ts';
import { effectByTag } from '../inbox/effect-by-tag.ts';
import type { Effect } from '../inbox/inbox.ts';
import { MemoryOnceStore } from '../testing/memory-once.ts';
import { delivery, orderHeader } from '../testing/messages.ts';
import { silentLog } from '../testing/silent-log.ts';
import { testMetrics } from '../testing/test-metrics.ts';
import type { DeadLetter } from './dead-letters.ts';
import { createEffectHandler } from './effect-handler.ts';
import { atLeastOnce } from './once-store.ts';

const never = new AbortController().signal;
const away = new MessagingError('HandlerTimeout', 'away', { retryable: true });
const refusal = new Error('no such row');

const message = (id: string, changes: Partial<Delivery> = {}): Delivery =>
  delivery({ rocketmqMessageId: `r-${id}`, ...changes }, orderHeader({ message_id: id }));

function setUp(failures: Readonly<Record<string, Error>> = {}) {
  const letters: DeadLetter[] = [];
  const store = new MemoryOnceStore();
  const metrics = testMetrics();
  const effect: Effect<string[]> = ({ header }, written) => {
    written.push(header.message_id);
    const failure = failures[header.message_id];
    return failure === undefined ? Promise.resolve() : Promise.reject(failure);
  };
  const options = {
    group: 'asset-consumer',
    effect,
    store,
    deadLetters: { record: (letter: DeadLetter) => Promise.resolve(void letters.push(letter)) },
    metrics,
    log: silentLog,
  };
  return { handler: createEffectHandler(options), options, letters, store, metrics };
}

describe('effect handler', () => {
  it('applies several messages in one transaction, each once', async () => {
    const { handler, store, metrics } = setUp();
    const results = await handler.handle([message('a'), message('b'), message('a')], never);
    expect(results).toEqual([undefined, undefined, undefined]);
    await handler.handle([message('b'), message('c')], never);
    expect([store.effects, store.transactions]).toEqual([
      ['a', 'b', 'c'],
      [3, 2],
    ]);
    const outcomes = (await metrics.inbox.get()).values.map(({ labels, value }) => [labels.outcome, value]);
    expect(Object.fromEntries(outcomes)).toEqual({ Applied: 3, Duplicate: 2 });
  });

  it('applies the others when one fails, and tries that one again', async () => {
    const { handler, store, letters } = setUp({ b: refusal });
    const results = await handler.handle([message('a'), message('b'), message('c')], never);
    expect(results).toEqual([undefined, refusal, undefined]);
    expect([store.effects, [...store.handled], letters]).toEqual([['a', 'c'], ['a', 'c'], []]);
  });

  it('buries the one that fails on its last attempt', async () => {
    const { handler, store, letters } = setUp({ b: refusal });
    const last = { attempt: 3, maxAttempts: 3 };
    expect(await handler.handle([message('a', last), message('b', last)], never)).toEqual([
      undefined,
      undefined,
    ]);
    expect(letters).toEqual([expect.objectContaining({ reason: 'HandlerFailed', detail: 'no such row' })]);
    expect(store.effects).toEqual(['a']);
  });

  it('tries all of them again, and buries none, when a dependency is away', async () => {
    const { handler, store, letters } = setUp({ b: away });
    const last = { attempt: 99, maxAttempts: 3 };
    expect(await handler.handle([message('a', last), message('b', last)], never)).toEqual([away, away]);
    expect(await handler.handle([message('b', last)], never)).toEqual([away]);
    expect([store.transactions, store.effects, letters]).toEqual([[2, 1], [], []]);
  });

  it('buries what it cannot read, or does not expect, and applies the others', async () => {
    const { options, letters, store } = setUp();
    const effect = effectByTag<string[]>({ ORDER_TRADE: 'Skip' });
    const unexpected = createEffectHandler({ ...options, effect });
    expect(await unexpected.handle([message('a')], never)).toEqual([undefined]);
    const { handler } = { handler: createEffectHandler(options) };
    await handler.handle([message('b', { body: Buffer.from('{') }), message('c')], never);
    await handler.handle([message('d', { corrupted: true })], never);
    await handler.handle(
      [message('e', { tag: 'ORDER_TRADE' }), message('f', { topic: 'asset-topic' })],
      never,
    );
    expect(letters.map(({ reason }) => reason)).toEqual([
      'UnexpectedTag',
      'UnparsableBody',
      'Corrupted',
      'InvalidMessage',
      'InvalidMessage',
    ]);
    expect(store.effects).toEqual(['c']);
  });

  it('keeps a message whose dead letter cannot be written', async () => {
    const { options, store } = setUp();
    const handler = createEffectHandler({ ...options, deadLetters: { record: () => Promise.reject(away) } });
    const results = await handler.handle([message('a', { body: Buffer.from('{') }), message('b')], never);
    expect([results, store.effects]).toEqual([[away, undefined], ['b']]);
  });

  it('applies nothing more once it is stopped', async () => {
    const { handler, store, letters } = setUp();
    const [result] = await handler.handle([message('a', { attempt: 3 })], AbortSignal.abort());
    expect([result, store.effects, letters]).toEqual([expect.objectContaining({ retryable: true }), [], []]);
  });

  it('applies every delivery where nothing remembers them', async () => {
    const seen: string[] = [];
    const { options } = setUp();
    const effect: Effect<undefined> = ({ header }) => Promise.resolve(void seen.push(header.message_id));
    const handler = createEffectHandler({ ...options, effect, store: atLeastOnce });
    await handler.handle([message('a')], never);
    await handler.handle([message('a')], never);
    expect(seen).toEqual(['a', 'a']);
  });
});
