import type { Pool, PoolClient } from 'pg';
import type { OnceStore } from '../handling/once-store.ts';
import { inTransaction } from './database.ts';

/** A transaction of any kind, with the client that it runs on. */
export interface WithClient {
  readonly client: PoolClient;
}

/** Runs `work` in one transaction, which `signal` ends. */
export type RunTransaction<Tx extends WithClient> = (
  work: (tx: Tx) => Promise<void>,
  signal: AbortSignal,
) => Promise<void>;

/** Transactions that are nothing but that. */
export function transactionsOf(pool: Pool): RunTransaction<WithClient> {
  return (work, signal) => inTransaction(pool, (client) => work({ client }), signal);
}

/** What one consumer group has handled, in Postgres. */
export class PostgresOnceStore<Tx extends WithClient> implements OnceStore<Tx> {
  readonly #group: string;
  readonly #run: RunTransaction<Tx>;

  constructor(consumerGroup: string, run: RunTransaction<Tx>) {
    this.#group = consumerGroup;
    this.#run = run;
  }

  transaction(
    messageIds: readonly string[],
    work: (fresh: ReadonlySet<string>, tx: Tx) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    // In one order everywhere: two transactions that share messages would wait for each other otherwise.
    const ids = [...new Set(messageIds)].toSorted();
    return this.#run(async (tx) => {
      const recorded = await tx.client.query<{ message_id: string }>(
        `INSERT INTO messaging.handled (consumer_group, message_id) SELECT $1, unnest($2::text[])
         ON CONFLICT DO NOTHING RETURNING message_id`,
        [this.#group, ids],
      );
      await work(new Set(recorded.rows.map((row) => row.message_id)), tx);
    }, signal);
  }
}
