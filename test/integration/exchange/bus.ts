import { randomUUID } from 'node:crypto';
import {
  checkTransaction,
  encodeEnvelope,
  MessagingError,
  type BatchHandler,
  type HalfMessage,
  type MessageHandler,
  type OrderedMessage,
  type Tag,
} from '../../../apps/messaging/src/mod.ts';
import { delivery } from '../../../apps/messaging/src/testing/messages.ts';
import type { HalfSender, StoredMessage } from '../../../apps/service/src/mod.ts';
import type { Random } from '../../e2e/harness/random.ts';
import type { TestDatabase } from '../order/database.ts';

type Pool = ReturnType<TestDatabase['pool']>;

type Handler = MessageHandler | BatchHandler;

interface Stored {
  readonly topic: string;
  readonly tag: Tag;
  readonly messageGroup: string | undefined;
  readonly body: Uint8Array;
}

interface Pending extends Stored {
  readonly group: string;
  readonly handler: Handler;
  attempt: number;
}

const never = new AbortController().signal;
/** A retry is for what another message must come before, or a lock; none needs as many. */
const MAX_ATTEMPTS = 200;

/**
 * In place of RocketMQ: it keeps no order at all, delivers some messages twice, takes some without saying so, forgets to end
 * some transactions and loses the messages of others, as a broker may.
 */
export class Bus {
  readonly #random: Random;
  readonly #groups: { readonly topic: string; readonly group: string; readonly handler: Handler }[] = [];
  #pending: Pending[] = [];
  #timed: Stored[] = [];
  #orphans: { readonly message: Stored; readonly messageId: string }[] = [];
  #running = 0;
  /** What the bus has done to its messages, so that a test can see that it was put to the test. */
  readonly done = { doubled: 0, orphaned: 0, lost: 0, refused: 0 };

  constructor(random: Random) {
    this.#random = random;
  }

  subscribe(topic: string, group: string, handler: Handler): void {
    this.#groups.push({ topic, group, handler });
  }

  /** Stores half messages of a topic. */
  halfSender(topic: string): HalfSender {
    return {
      sendHalf: (message) => {
        const stored = { ...toStored(topic, message), messageGroup: message.messageGroup };
        const orphan = { message: stored, messageId: message.messageId };
        if (this.#happens(0.03)) {
          this.done.refused += 1;
          // It may have arrived all the same.
          if (this.#happens(0.5)) this.#orphans.push(orphan);
          return Promise.reject(new MessagingError('SendFailed', 'no master', { retryable: true }));
        }
        return Promise.resolve(this.#half(orphan));
      },
    };
  }

  /** Takes messages without order. */
  sendBatch(
    messages: readonly StoredMessage[],
  ): Promise<({ kind: 'Stored' } | { kind: 'Failed'; error: unknown })[]> {
    return Promise.resolve(
      messages.map((message) => {
        const refused = this.#happens(0.05);
        if (!refused || this.#happens(0.5)) {
          const stored = toStored(message.topic, message);
          if (message.deliverAt === undefined) this.#publish(stored);
          else this.#timed.push(stored);
        }
        return refused ? { kind: 'Failed', error: new Error('no answer') } : { kind: 'Stored' };
      }),
    );
  }

  /** Every timed message's time has come. */
  ringTimers(): void {
    const due = this.#timed;
    this.#timed = [];
    for (const message of due) this.#publish(message);
  }

  /** Whether nothing is to be delivered and nobody handles anything. */
  get idle(): boolean {
    return this.#pending.length === 0 && this.#running === 0 && this.#orphans.length === 0;
  }

  /** Asks about the transactions that nobody ended, as a broker does. */
  async settleOrphans(pool: Pool): Promise<void> {
    const orphans = this.#orphans;
    this.#orphans = [];
    for (const { message, messageId } of orphans) {
      const answer = await checkTransaction(pool, { messageId, ageMs: 60_000 }, 10_000);
      if (answer === 'Commit') this.#publish(message);
      if (answer === 'Unknown') throw new Error('a check of an old message has an answer');
    }
  }

  /** Delivers one message, if there is one; rejects when it can never be handled. */
  async deliver(): Promise<boolean> {
    const [pending] = this.#pending.splice(Math.floor(this.#random() * this.#pending.length), 1);
    if (!pending) return false;
    this.#running += 1;
    try {
      await handle(pending);
    } catch (error) {
      pending.attempt += 1;
      if (pending.attempt > MAX_ATTEMPTS) throw error;
      this.#pending.push(pending);
    } finally {
      this.#running -= 1;
    }
    return true;
  }

  #half(orphan: { readonly message: Stored; readonly messageId: string }): HalfMessage {
    return {
      commit: () => {
        if (this.#happens(0.05)) {
          this.done.orphaned += 1;
          this.#orphans.push(orphan);
          return Promise.reject(new MessagingError('EndTransactionFailed', 'no answer', { retryable: true }));
        }
        if (this.#happens(0.03)) this.done.lost += 1;
        else this.#publish(orphan.message);
        return Promise.resolve();
      },
      rollback: () => Promise.resolve(),
    };
  }

  #publish(message: Stored): void {
    for (const { topic, group, handler } of this.#groups) {
      if (topic !== message.topic) continue;
      this.#pending.push({ ...message, group, handler, attempt: 1 });
      if (!this.#happens(0.1)) continue;
      this.done.doubled += 1;
      this.#pending.push({ ...message, group, handler, attempt: 1 });
    }
  }

  #happens(share: number): boolean {
    return this.#random() < share;
  }
}

async function handle({ handler, ...pending }: Pending): Promise<void> {
  const { topic, tag, messageGroup, body, attempt } = pending;
  const ids = { rocketmqMessageId: randomUUID(), topic, tag, messageGroup };
  const arrived = delivery({ ...ids, body, attempt, maxAttempts: undefined });
  if (typeof handler === 'function') return handler(arrived, never);
  const [error] = await handler.handle([arrived], never);
  if (error !== undefined) throw error;
}

function toStored(topic: string, message: OrderedMessage<Tag> | StoredMessage): Stored {
  const header = {
    message_id: message.messageId,
    topic,
    tags: message.tag,
    keys: message.keys,
    timestamp: Date.now(),
    producer_group: 'test-producer',
    consumer_group: '',
    retry_times: 0,
    trace_id: message.traceId,
    ...('sequence' in message ? { sequence: message.sequence } : {}),
  };
  return { topic, tag: message.tag, messageGroup: undefined, body: encodeEnvelope(header, message.body) };
}
