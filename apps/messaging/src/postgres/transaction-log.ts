import type { Pool, PoolClient } from 'pg';
import type { TransactionQuestion, TransactionState } from '../producer.ts';
import { decideCheck, type LoggedTransaction } from '../transaction-check.ts';
import { query } from './database.ts';

/** The local transaction came too late: a check has rolled its message back. Nothing may be written under its id. */
export class TransactionRolledBack extends Error {
  override readonly name = 'TransactionRolledBack';
  readonly code = 'TransactionRolledBack';
  readonly retryable = true;

  constructor(messageId: string) {
    super(`message ${messageId} was rolled back by a check before its transaction ended`);
  }
}

/** Gives the next sequence of a message group, from 1. The row stays locked until the transaction ends. */
export async function nextSequence(client: PoolClient, topic: string, messageGroup: string): Promise<number> {
  const result = await client.query<{ last_sequence: string }>(
    `INSERT INTO messaging.message_sequence AS s (topic, message_group, last_sequence) VALUES ($1, $2, 1)
     ON CONFLICT (topic, message_group) DO UPDATE SET last_sequence = s.last_sequence + 1
     RETURNING last_sequence`,
    [topic, messageGroup],
  );
  return Number(result.rows[0]?.last_sequence);
}

/** Says, as part of the local transaction, that the message of this id is to be delivered. */
export async function logCommitted(client: PoolClient, messageId: string): Promise<void> {
  const result = await client.query(
    `INSERT INTO messaging.transaction_log (message_id, state) VALUES ($1, 'Committed') ON CONFLICT DO NOTHING`,
    [messageId],
  );
  if (result.rowCount !== 1) throw new TransactionRolledBack(messageId);
}

/** Answers a check from the log; see `decideCheck`. Rejects when the database does not answer. */
export async function checkTransaction(
  pool: Pool,
  question: TransactionQuestion,
  patienceMs: number,
): Promise<TransactionState> {
  const decision = decideCheck(await readLog(pool, question.messageId), question.ageMs, patienceMs);
  if (decision !== 'Entomb') return decision;
  // Waits for a local transaction that has inserted and not yet ended; its lock timeout makes the answer Unknown.
  await query(
    pool,
    `INSERT INTO messaging.transaction_log (message_id, state) VALUES ($1, 'RolledBack') ON CONFLICT DO NOTHING`,
    [question.messageId],
  );
  return (await readLog(pool, question.messageId)) === 'Committed' ? 'Commit' : 'Rollback';
}

async function readLog(pool: Pool, messageId: string): Promise<LoggedTransaction | undefined> {
  const rows = await query<{ state: LoggedTransaction }>(
    pool,
    'SELECT state FROM messaging.transaction_log WHERE message_id = $1',
    [messageId],
  );
  return rows[0]?.state;
}
