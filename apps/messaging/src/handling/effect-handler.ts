import { systemClock, type Clock } from '../clock.ts';
import type { BatchHandler, Delivery } from '../delivery.ts';
import { plainEnvelopes, type Envelope, type EnvelopeCodec } from '../envelope.ts';
import { isRetryable, MessagingError } from '../errors.ts';
import type { Effect } from '../inbox/inbox.ts';
import { untraced, type Tracing } from '../tracing.ts';
import { bury, buryLastAttempt, type BurialOptions } from './dead-letters.ts';
import type { OnceStore } from './once-store.ts';
import { readDelivery } from './read-delivery.ts';

export interface EffectHandlerOptions<Db> extends BurialOptions {
  readonly effect: Effect<Db>;
  readonly store: OnceStore<Db>;
  /** Messages of one transaction; absent: 32. */
  readonly maxMessages?: number;
  /** Absent: bodies are in clear. */
  readonly codec?: EnvelopeCodec;
  /** The consumer's; effects run in the trace of their message. */
  readonly tracing?: Tracing;
  readonly clock?: Pick<Clock, 'now'>;
}

interface Readable {
  readonly index: number;
  readonly delivery: Delivery;
  readonly envelope: Envelope;
}

const MAX_MESSAGES = 32;

/**
 * Applies messages that have no order: each once, several in one transaction. When one of several fails each is tried in a
 * transaction of its own, so that it alone is retried, and on its last attempt becomes a dead letter.
 */
export function createEffectHandler<Db>(options: EffectHandlerOptions<Db>): BatchHandler {
  const { group, effect, store, metrics } = options;
  const { codec = plainEnvelopes, tracing = untraced, clock = systemClock } = options;

  /** Resolves to undefined when the delivery was buried. */
  const read = async (index: number, delivery: Delivery): Promise<Readable | undefined> => {
    const result = readDelivery({ group, codec, clock }, delivery);
    if (result.kind === 'Unreadable') {
      await bury(options, { delivery, reason: result.reason, detail: result.detail });
      return undefined;
    }
    const { tags } = result.envelope.header;
    if (effect.tags?.has(tags) === false) {
      const detail = `${group} has no effect for ${tags}`;
      await bury(options, { delivery, reason: 'UnexpectedTag', detail });
      return undefined;
    }
    return { index, delivery, envelope: result.envelope };
  };

  const apply = async (messages: readonly Readable[], signal: AbortSignal): Promise<void> => {
    let applied = 0;
    const applyFresh = async (fresh: ReadonlySet<string>, db: Db): Promise<void> => {
      const left = new Set(fresh);
      for (const { envelope, delivery } of messages) {
        if (signal.aborted) throw new MessagingError('HandlerTimeout', 'stopped', { retryable: true });
        // Of two deliveries of one message the first.
        if (left.delete(envelope.header.message_id))
          await tracing.run(delivery.context, () => effect(envelope, db));
      }
      applied = fresh.size;
    };
    const ids = messages.map(({ envelope }) => envelope.header.message_id);
    await store.transaction(ids, applyFresh, signal);
    metrics.inbox.inc({ group, outcome: 'Applied' }, applied);
    metrics.inbox.inc({ group, outcome: 'Duplicate' }, messages.length - applied);
  };

  /** What is to be retried of one message; undefined when it is settled. */
  const applyOne = async (message: Readable, signal: AbortSignal): Promise<unknown> => {
    const buried = (error: unknown): Promise<void> => buryLastAttempt(options, message.delivery, error);
    return settled(apply([message], signal).catch(buried));
  };

  const applyAll = async (
    messages: readonly Readable[],
    signal: AbortSignal,
  ): Promise<readonly unknown[]> => {
    if (messages.length > 1) {
      const error = await settled(apply(messages, signal));
      // A dependency that is away is away for each of them, too.
      if (error === undefined || isRetryable(error)) return messages.map(() => error);
    }
    const errors: unknown[] = [];
    for (const message of messages) errors.push(await applyOne(message, signal));
    return errors;
  };

  return {
    maxMessages: options.maxMessages ?? MAX_MESSAGES,
    async handle(deliveries, signal) {
      const results: unknown[] = [];
      const messages: Readable[] = [];
      for (const [index, delivery] of deliveries.entries()) {
        try {
          const message = await read(index, delivery);
          if (message !== undefined) messages.push(message);
          results.push(undefined);
        } catch (error) {
          results.push(error);
        }
      }
      const errors = await applyAll(messages, signal);
      for (const [place, { index }] of messages.entries()) results[index] = errors[place];
      return results;
    },
  };
}

/** What a promise rejects with; undefined when it resolves. */
function settled(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error ?? new Error('rejected with nothing'),
  );
}
