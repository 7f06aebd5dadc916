import { createPool, migrate, type Logger, type Migration } from '@gantry/messaging';
import type { Pool } from 'pg';
import type { PostgresConfig } from './config.ts';
import type { ServiceRole } from './migrations.ts';

interface PoolOptions {
  readonly postgres: PostgresConfig;
  readonly applicationName: string;
  /** Absent: the user's own rights. */
  readonly role?: ServiceRole;
  readonly maxConnections: number;
  readonly log: Logger;
}

export function openPool({ postgres, applicationName, role, maxConnections, log }: PoolOptions): Pool {
  return createPool({
    ...postgres,
    applicationName,
    ...(role === undefined ? {} : { role }),
    maxConnections,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 5_000,
    lockTimeoutMs: 4_000,
    idleInTransactionTimeoutMs: 10_000,
    onIdleError: (error) =>
      log.warn({ applicationName, error: error.message }, 'idle database connection lost'),
  });
}

/** Brings the schemas to their newest form as the user itself, who owns them. */
export async function migrateAsOwner(
  postgres: PostgresConfig,
  migrations: readonly Migration[],
  log: Logger,
): Promise<void> {
  const pool = openPool({ postgres, applicationName: 'migrations', maxConnections: 1, log });
  try {
    log.info({ applied: await migrate(pool, migrations) }, 'schema is current');
  } finally {
    await pool.end();
  }
}
