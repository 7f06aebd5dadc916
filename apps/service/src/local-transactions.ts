import { randomUUID } from 'node:crypto';
import {
  DatabaseError,
  describeError,
  inTransaction,
  logCommitted,
  nextSequence,
  type Content,
  type HalfMessage,
  type Logger,
  type OrderedMessage,
  type Tag,
} from '@gantry/messaging';
import type { Pool, PoolClient } from 'pg';

/** Whoever stores half messages: a TransactionalProducer. */
export interface HalfSender {
  sendHalf(message: OrderedMessage<Tag>): Promise<HalfMessage>;
}

export interface LocalTransactionsOptions {
  readonly pool: Pool;
  readonly sender: HalfSender;
  /** Of every message, and of their sequences. */
  readonly topic: string;
  readonly log: Logger;
}

/** A message before it has its id and its place in the sequence of its group. */
export type LocalMessage = Content & {
  readonly keys: string;
  readonly messageGroup: string;
  readonly traceId: string;
};

/** Where a message belongs: no other has its id, none of its group its sequence. */
export interface Place {
  readonly messageId: string;
  readonly sequence: number;
}

/** A transaction of which messages tell. */
export interface LocalTransaction {
  readonly client: PoolClient;
  /** Takes the next place of a group, and holds the group locked until the end. Who takes several goes by their names. */
  place(messageGroup: string): Promise<Place>;
  /** Has a message sent with this transaction, in the next place of its group or in one that was taken. */
  send(message: LocalMessage, place?: Place): Promise<Place>;
}

/**
 * Transactions and the ordered messages that tell of them, all or nothing.
 *
 * The half messages are sent from *inside* the transaction, because they carry the sequence that it gives and a stored
 * message cannot be changed. What a crash leaves at each point:
 *   before the half messages    nothing: the transaction rolls back with its connection
 *   after them, before COMMIT   half messages whose ids are in no log: the check writes tombstones and rolls them back; the
 *                               sequences rolled back with the transaction, so the next ones take them and no hole stays
 *   after COMMIT                the log entries: the check commits the messages
 * When the checks end without an answer (15 by default), `resend.ts` sends the message of a committed row again.
 */
export class LocalTransactions {
  readonly #options: LocalTransactionsOptions;

  constructor(options: LocalTransactionsOptions) {
    this.#options = options;
  }

  /**
   * Rejects with what `work` threw, or with a retryable error when the database or the proxy is away; then nothing was
   * done, or not surely (DatabaseError with CommitUnknown).
   */
  async run<T>(work: (local: LocalTransaction) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const halves: HalfMessage[] = [];
    let result: T;
    try {
      result = await inTransaction(
        this.#options.pool,
        async (client) => {
          const messages: OrderedMessage<Tag>[] = [];
          const done = await work(this.#open(client, messages));
          await this.#sendAll(messages, halves);
          return done;
        },
        signal,
      );
    } catch (error) {
      // The rows may be there: only the check, which reads the log, may decide.
      const inDoubt = error instanceof DatabaseError && error.code === 'CommitUnknown';
      if (!inDoubt) await this.#end(halves, 'rollback');
      throw error;
    }
    await this.#end(halves, 'commit');
    return result;
  }

  #open(client: PoolClient, messages: OrderedMessage<Tag>[]): LocalTransaction {
    const { topic } = this.#options;
    const place = async (messageGroup: string): Promise<Place> => ({
      messageId: randomUUID(),
      sequence: await nextSequence(client, topic, messageGroup),
    });
    return {
      client,
      place,
      async send(message, given) {
        const taken = given ?? (await place(message.messageGroup));
        await recordSent(client, topic, { ...message, ...taken });
        await logCommitted(client, taken.messageId);
        messages.push({ ...message, ...taken });
        return taken;
      },
    };
  }

  async #sendAll(messages: readonly OrderedMessage<Tag>[], halves: HalfMessage[]): Promise<void> {
    const sends = await Promise.allSettled(messages.map((message) => this.#options.sender.sendHalf(message)));
    for (const send of sends) if (send.status === 'fulfilled') halves.push(send.value);
    const failed = sends.find((send) => send.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async #end(halves: readonly HalfMessage[], how: 'commit' | 'rollback'): Promise<void> {
    await Promise.all(
      halves.map(async (half) => {
        try {
          await half[how]();
        } catch (error) {
          // The broker will ask, and the log tells.
          this.#options.log.warn({ error: describeError(error) }, `${how} left to the broker’s check`);
        }
      }),
    );
  }
}

async function recordSent(client: PoolClient, topic: string, message: OrderedMessage<Tag>): Promise<void> {
  const { messageId, messageGroup, sequence, tag, keys, traceId, body } = message;
  await client.query(
    `INSERT INTO messaging.sent (message_id, topic, message_group, sequence, tag, keys, trace_id, body)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [messageId, topic, messageGroup, sequence, tag, keys, traceId, JSON.stringify(body)],
  );
}
