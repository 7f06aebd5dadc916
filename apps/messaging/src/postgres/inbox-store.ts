import type { Pool, PoolClient } from 'pg';
import { plainEnvelopes, type EnvelopeCodec } from '../envelope.ts';
import { describeError } from '../errors.ts';
import type { KnownMessage } from '../inbox/decide.ts';
import type { InboxKey, InboxStore, InboxTransaction, SequencedMessage } from '../inbox/inbox.ts';
import { inTransaction, query } from './database.ts';

interface KnownRow {
  readonly message_id: string;
  readonly sequence: string;
  readonly state: KnownMessage['state'];
}

/** The inbox of one consumer group in Postgres. */
export class PostgresInboxStore implements InboxStore<PoolClient> {
  readonly #pool: Pool;
  readonly #group: string;
  readonly #codec: EnvelopeCodec;

  /** `codec` reads what was parked, which stays as it came: encrypted, when it was. */
  constructor(pool: Pool, consumerGroup: string, codec: EnvelopeCodec = plainEnvelopes) {
    this.#pool = pool;
    this.#group = consumerGroup;
    this.#codec = codec;
  }

  transaction<T>(
    key: InboxKey,
    work: (tx: InboxTransaction<PoolClient>) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    return inTransaction(this.#pool, async (client) => work(await this.#open(client, key)), signal);
  }

  async recordFailure(messageId: string, error: unknown): Promise<void> {
    await query(
      this.#pool,
      'UPDATE messaging.inbox SET last_error = $3 WHERE consumer_group = $1 AND message_id = $2',
      [this.#group, messageId, describeError(error)],
    );
  }

  /** How many messages are parked, and for how many seconds the oldest. */
  async parked(): Promise<{ readonly count: number; readonly oldestSeconds: number }> {
    const rows = await query<{ count: string; oldest: string | null }>(
      this.#pool,
      `SELECT count(*) AS count, extract(epoch FROM now() - min(received_at)) AS oldest
       FROM messaging.inbox WHERE consumer_group = $1 AND state = 'Parked'`,
      [this.#group],
    );
    return { count: Number(rows[0]?.count ?? 0), oldestSeconds: Number(rows[0]?.oldest ?? 0) };
  }

  async #open(client: PoolClient, key: InboxKey): Promise<InboxTransaction<PoolClient>> {
    const group = this.#group;
    const codec = this.#codec;
    const { topic, messageGroup } = key;
    // The no-op update makes one statement both create and lock the position.
    const position = await client.query<{ applied_sequence: string }>(
      `INSERT INTO messaging.inbox_position AS p (consumer_group, topic, message_group, applied_sequence) VALUES ($1, $2, $3, 0)
       ON CONFLICT (consumer_group, topic, message_group) DO UPDATE SET applied_sequence = p.applied_sequence
       RETURNING applied_sequence`,
      [group, topic, messageGroup],
    );
    const find = async (where: string, values: readonly unknown[]): Promise<KnownMessage | undefined> => {
      const rows = await client.query<KnownRow>(
        `SELECT message_id, sequence, state FROM messaging.inbox WHERE ${where}`,
        [...values],
      );
      const row = rows.rows[0];
      return row && { messageId: row.message_id, sequence: Number(row.sequence), state: row.state };
    };
    const place = 'consumer_group = $1 AND topic = $2 AND message_group = $3 AND sequence = $4';
    return {
      db: client,
      applied: Number(position.rows[0]?.applied_sequence),
      findById: (messageId) => find('consumer_group = $1 AND message_id = $2', [group, messageId]),
      findAt: (sequence) => find(place, [group, topic, messageGroup, sequence]),
      async park(message) {
        await client.query(
          `INSERT INTO messaging.inbox (consumer_group, message_id, topic, message_group, sequence, state, payload)
           VALUES ($1, $2, $3, $4, $5, 'Parked', $6)`,
          [group, message.messageId, topic, messageGroup, message.sequence, message.payload],
        );
      },
      async recordApplied(message) {
        await client.query(
          `INSERT INTO messaging.inbox (consumer_group, message_id, topic, message_group, sequence, state, applied_at)
           VALUES ($1, $2, $3, $4, $5, 'Applied', now())
           ON CONFLICT (consumer_group, message_id)
           DO UPDATE SET state = 'Applied', payload = NULL, applied_at = now(), last_error = NULL`,
          [group, message.messageId, topic, messageGroup, message.sequence],
        );
        await client.query(
          `UPDATE messaging.inbox_position SET applied_sequence = $4
           WHERE consumer_group = $1 AND topic = $2 AND message_group = $3`,
          [group, topic, messageGroup, message.sequence],
        );
      },
      async parkedAt(sequence) {
        const rows = await client.query<{ message_id: string; payload: Buffer }>(
          `SELECT message_id, payload FROM messaging.inbox WHERE ${place} AND state = 'Parked'`,
          [group, topic, messageGroup, sequence],
        );
        const row = rows.rows[0];
        if (row === undefined) return undefined;
        const { message_id: messageId, payload } = row;
        return { messageId, decode: () => decodeParked(codec, { key, sequence, messageId, payload }) };
      },
    };
  }
}

function decodeParked(codec: EnvelopeCodec, parked: Omit<SequencedMessage, 'envelope'>): SequencedMessage {
  const decoded = codec.decode(parked.payload, parked.key.messageGroup);
  // It was readable when it was parked; an older release or a ring without its key can fail here, and may not skip it.
  if (decoded.kind === 'Unreadable')
    throw new Error(`parked message ${parked.messageId}: ${decoded.reason}: ${decoded.detail}`);
  return { ...parked, envelope: decoded.envelope };
}
