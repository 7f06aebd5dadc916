import type { Pool } from 'pg';
import type { DeadLetter, DeadLetterStore } from '../handling/dead-letters.ts';
import { query } from './database.ts';

export class PostgresDeadLetters implements DeadLetterStore {
  readonly #pool: Pool;
  readonly #group: string;

  constructor(pool: Pool, consumerGroup: string) {
    this.#pool = pool;
    this.#group = consumerGroup;
  }

  async record({ delivery, reason, detail }: DeadLetter): Promise<void> {
    await query(
      this.#pool,
      `INSERT INTO messaging.dead_letter
         (consumer_group, topic, rocketmq_message_id, tag, message_group, reason, detail, properties, body, attempt)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       ON CONFLICT (consumer_group, topic, rocketmq_message_id) DO NOTHING`,
      [
        this.#group,
        delivery.topic,
        delivery.rocketmqMessageId,
        delivery.tag ?? null,
        delivery.messageGroup ?? null,
        reason,
        detail,
        JSON.stringify(Object.fromEntries(delivery.properties)),
        delivery.body,
        delivery.attempt,
      ],
    );
  }
}
