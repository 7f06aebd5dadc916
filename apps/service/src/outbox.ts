import { randomUUID } from 'node:crypto';
import {
  describeError,
  inTransaction,
  readContent,
  type Clock,
  type Content,
  type Logger,
  type Tag,
} from '@gantry/messaging';
import type { Pool, PoolClient } from 'pg';
import * as z from 'zod';

/** A message that keeps no order. */
export type OutboxMessage<T extends Tag = Tag> = Content<T> & {
  readonly topic: string;
  readonly keys: string;
  readonly traceId: string;
  /** Epoch milliseconds before which nobody gets it; on a topic of type Delay. */
  readonly deliverAt?: number;
};

/** As the outbox gives it to who sends it: the same id each time. */
export type StoredMessage = OutboxMessage & { readonly messageId: string };

export interface OutboxSender {
  /** One result for each message, in order; never rejects. */
  sendBatch(
    messages: readonly StoredMessage[],
    signal: AbortSignal,
  ): Promise<readonly ({ readonly kind: 'Stored' } | { readonly kind: 'Failed'; readonly error: unknown })[]>;
}

export interface OutboxOptions {
  readonly pool: Pool;
  /** The topics that this service sends to. */
  readonly topics: readonly string[];
  readonly sender: OutboxSender;
  readonly clock: Clock;
  readonly log: Logger;
}

const BATCH = 64;
/** Below the time for which a transaction may be idle (10 s). */
const SEND_MS = 7_000;
/** For what another process wrote and did not come to send. */
const IDLE_MS = 1_000;

const outboxRow = z.object({
  id: z.string(),
  message_id: z.string(),
  topic: z.string(),
  tag: z.string(),
  keys: z.string(),
  trace_id: z.string(),
  body: z.unknown(),
  deliver_at: z.date().nullable(),
});

/** Writes messages in the transaction of what they tell. */
export async function appendToOutbox(client: PoolClient, messages: readonly OutboxMessage[]): Promise<void> {
  if (messages.length === 0) return;
  const rows = messages.map((message) => ({
    message_id: randomUUID(),
    topic: message.topic,
    tag: message.tag,
    keys: message.keys,
    trace_id: message.traceId,
    body: message.body,
    deliver_at: message.deliverAt === undefined ? null : new Date(message.deliverAt).toISOString(),
  }));
  await client.query(
    `INSERT INTO messaging.outbox (message_id, topic, tag, keys, trace_id, body, deliver_at)
     SELECT message_id, topic, tag, keys, trace_id, body, deliver_at FROM jsonb_to_recordset($1) AS
       row(message_id text, topic text, tag text, keys text, trace_id text, body jsonb, deliver_at timestamptz)`,
    [JSON.stringify(rows)],
  );
}

/** Sends what is in the outbox, and takes out what the broker has acknowledged. Any number of processes may. */
export class OutboxRelay {
  readonly #options: OutboxOptions;
  #wake = new AbortController();

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** There is something new: do not wait. */
  wake(): void {
    this.#wake.abort();
  }

  /** Until `signal` aborts. What fails stays, and is tried again. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    while (!signal.aborted) {
      const wake = new AbortController();
      this.#wake = wake;
      let goesOn = false;
      try {
        goesOn = await this.sendBatch(signal);
      } catch (error) {
        log.warn({ error: describeError(error) }, 'outbox not sent, it is tried again');
      }
      if (!goesOn) await clock.sleep(IDLE_MS, AbortSignal.any([signal, wake.signal]));
    }
  }

  /** @returns whether there may be more that can be sent now */
  async sendBatch(signal: AbortSignal): Promise<boolean> {
    const { pool, topics, sender, log } = this.#options;
    return inTransaction(pool, async (client) => {
      const { rows } = await client.query(
        'SELECT * FROM messaging.outbox WHERE topic = ANY($1) ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED',
        [topics, BATCH],
      );
      const messages = rows.map((row) => toMessage(outboxRow.parse(row)));
      if (messages.length === 0) return false;
      const within = AbortSignal.any([signal, AbortSignal.timeout(SEND_MS)]);
      const results = await sender.sendBatch(messages, within);
      const done = messages.filter((_message, index) => results[index]?.kind === 'Stored');
      const failed = results.find((result) => result.kind === 'Failed');
      if (failed)
        log.warn(
          { failed: messages.length - done.length, error: describeError(failed.error) },
          'messages not sent, they are tried again',
        );
      await client.query('DELETE FROM messaging.outbox WHERE message_id = ANY($1)', [
        done.map(({ messageId }) => messageId),
      ]);
      return failed === undefined && messages.length === BATCH;
    });
  }
}

function toMessage(row: z.infer<typeof outboxRow>): StoredMessage {
  const { message_id: messageId, topic, tag, keys, trace_id: traceId, body, deliver_at: deliverAt } = row;
  const stored = { messageId, topic, keys, traceId, ...readContent(tag, body) };
  return deliverAt === null ? stored : { ...stored, deliverAt: deliverAt.getTime() };
}
