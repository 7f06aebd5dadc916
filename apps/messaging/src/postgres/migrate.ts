import type { Pool } from 'pg';
import { inTransaction } from './database.ts';

/** One step of a schema. Steps are only ever added: what ran on a database is never edited. */
export interface Migration {
  readonly id: string;
  readonly sql: string;
}

/** Any constant: it only has to be the same in every replica, so that one migrates while the others wait. */
const ADVISORY_LOCK = 7_620_231;

/** Brings the database to the newest schema in one transaction; replicas that start together take turns. */
export async function migrate(pool: Pool, migrations: readonly Migration[]): Promise<readonly string[]> {
  return inTransaction(pool, async (client) => {
    // Waiting for another replica's migration is not a lock that hangs.
    await client.query('SET LOCAL lock_timeout = 0');
    await client.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCK]);
    await client.query(`
      CREATE SCHEMA IF NOT EXISTS gantry;
      CREATE TABLE IF NOT EXISTS gantry.migration (id text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`);
    const done = await client.query<{ id: string }>('SELECT id FROM gantry.migration');
    const known = new Set(done.rows.map((row) => row.id));
    const applied: string[] = [];
    for (const { id, sql } of migrations) {
      if (known.has(id)) continue;
      await client.query(sql);
      await client.query('INSERT INTO gantry.migration (id) VALUES ($1)', [id]);
      applied.push(id);
    }
    return applied;
  });
}
