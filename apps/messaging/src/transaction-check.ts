import type { TransactionState } from './producer.ts';

export type LoggedTransaction = 'Committed' | 'RolledBack';

export type CheckDecision = TransactionState | 'Entomb';

/**
 * What to answer the broker's check. A committed transaction commits, a tombstone rolls back. While the local transaction
 * may still be running the answer is Unknown; past `patienceMs` a tombstone is written first, after which it can no
 * longer commit, so that the checks of a message whose sender died end.
 *
 * The age only spares slow transactions. Safety does not rest on clocks: it comes from the one primary key that the
 * local transaction and the tombstone both insert.
 */
export function decideCheck(
  logged: LoggedTransaction | undefined,
  ageMs: number | undefined,
  patienceMs: number,
): CheckDecision {
  if (logged === 'Committed') return 'Commit';
  if (logged === 'RolledBack') return 'Rollback';
  if (ageMs !== undefined && ageMs < patienceMs) return 'Unknown';
  return 'Entomb';
}
