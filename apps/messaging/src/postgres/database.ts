import { types } from 'node:util';
import { DatabaseError as PgDatabaseError, Pool, type PoolClient, type QueryResultRow } from 'pg';

/** Limits that end every statement and every forgotten transaction, in milliseconds. */
export interface DatabaseOptions {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly applicationName: string;
  /** Whose rights every session has, instead of the user's own: SET ROLE at its start. */
  readonly role?: string;
  readonly maxConnections: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
  /** Frees the row locks of a process that hangs, or whose machine vanished, inside a transaction. */
  readonly idleInTransactionTimeoutMs: number;
  /** Hears of connections that die while idle; without a listener such an error ends the process. */
  readonly onIdleError: (error: Error) => void;
}

export function createPool(options: DatabaseOptions): Pool {
  const pool = new Pool({
    host: options.host,
    port: options.port,
    database: options.database,
    user: options.user,
    password: options.password,
    application_name: options.applicationName,
    ...(options.role === undefined ? {} : { options: `-c role=${options.role}` }),
    max: options.maxConnections,
    connectionTimeoutMillis: options.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    // The server cancels at its limit; a server that cannot even do that is given up a little later.
    query_timeout: options.statementTimeoutMs + 1_000,
    lock_timeout: options.lockTimeoutMs,
    idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs,
    keepAlive: true,
  });
  pool.on('error', options.onIdleError);
  return pool;
}

export type DatabaseErrorCode = 'Unavailable' | 'CommitUnknown' | 'Rejected';

/**
 * Unavailable: nothing was changed, try later. CommitUnknown: the connection broke while committing, so the change is
 * there or not. Rejected: the database refused the statement and will again.
 */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code: DatabaseErrorCode;
  readonly retryable: boolean;
  /** Of the server's answer; undefined when there was none. */
  readonly sqlState: string | undefined;

  constructor(code: DatabaseErrorCode, cause: unknown) {
    const state = sqlState(cause);
    const quotesValues = state?.startsWith(DATA_EXCEPTION) === true;
    const text = quotesValues ? `a value of a wrong form, SQLSTATE ${state}` : messageOf(cause);
    super(`database ${code}: ${text}`, quotesValues ? undefined : { cause });
    this.code = code;
    this.retryable = code !== 'Rejected';
    this.sqlState = state;
  }
}

/** SQLSTATE class of errors whose text quotes the value: "invalid input syntax for type numeric: …". It may be encrypted elsewhere. */
const DATA_EXCEPTION = '22';

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/**
 * Runs `work` in one READ COMMITTED transaction. Errors of the database come out as DatabaseError, others unchanged;
 * either way the transaction is rolled back. `signal` ends it by dropping the connection, which rolls back as well.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const client = await connect(pool);
  let released = false;
  // A connection in doubt is not given back: its next user would inherit an open transaction.
  const release = (doubt?: Error) => {
    if (!released) client.release(doubt);
    released = true;
  };
  const drop = () => release(new Error('aborted'));
  client.on('error', release);
  signal?.addEventListener('abort', drop, { once: true });
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await commit(client);
    release();
    return result;
  } catch (error) {
    const failure = toDatabaseError(error);
    if (failure instanceof DatabaseError && failure.sqlState === undefined) release(failure);
    if (!released)
      await client.query('ROLLBACK').then(
        () => release(),
        (cause: unknown) => release(toError(cause)),
      );
    throw failure;
  } finally {
    signal?.removeEventListener('abort', drop);
    client.off('error', release);
  }
}

/** Runs one statement outside of a transaction, with errors as `inTransaction` gives them. */
export async function query<Row extends QueryResultRow>(
  pool: Pool,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  try {
    return (await pool.query<Row>(text, [...values])).rows;
  } catch (error) {
    throw toDatabaseError(error);
  }
}

async function connect(pool: Pool): Promise<PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw new DatabaseError('Unavailable', error);
  }
}

async function commit(client: PoolClient): Promise<void> {
  try {
    await client.query('COMMIT');
  } catch (error) {
    // A server that answers says it did not commit; one that does not answer may have.
    throw sqlState(error) === undefined ? new DatabaseError('CommitUnknown', error) : toDatabaseError(error);
  }
}

/**
 * SQLSTATE classes of a database that is away, overloaded or in conflict: connection (08), resources (53), operator
 * intervention (57: shutdown, statement timeout), serialization and deadlock (40), lock timeout (55P03), a transaction
 * ended by its idle timeout (25P03), a standby that takes no writes (25006).
 */
const RETRYABLE_STATES = /^(08|53|57|40|55P03|25P03|25006)/;

export function toDatabaseError(error: unknown): unknown {
  if (error instanceof DatabaseError) return error;
  const state = sqlState(error);
  if (state !== undefined)
    return new DatabaseError(RETRYABLE_STATES.test(state) ? 'Unavailable' : 'Rejected', error);
  return isConnectionFailure(error) ? new DatabaseError('Unavailable', error) : error;
}

function sqlState(error: unknown): string | undefined {
  return error instanceof PgDatabaseError ? error.code : undefined;
}

/** pg reports these as plain errors; the texts are those of pg 8.23, checked by the integration tests. */
const CONNECTION_FAILURE =
  /connection terminated|connection error|client has encountered|not queryable|query read timeout/i;
const SOCKET_FAILURES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

function isConnectionFailure(error: unknown): boolean {
  // Not instanceof: Node's own errors belong to another realm in some hosts, Jest among them.
  if (!types.isNativeError(error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return SOCKET_FAILURES.has(code) || CONNECTION_FAILURE.test(error.message);
}

function toError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}
