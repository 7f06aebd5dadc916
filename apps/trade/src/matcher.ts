import { describeError, type Clock, type Logger } from '@gantry/messaging';
import type { Pool, PoolClient } from 'pg';
import { applyCommands, type FeeRates } from './apply.ts';
import { loadBook, nextCommands, writeBatch, type BookKey } from './book-store.ts';
import { COMMAND_CHANNEL } from './commands.ts';
import type { Book } from './engine/mod.ts';
import type { TradeMetrics } from './metrics.ts';

/** Any constant: with a book's id it is the lock of that book. */
const LOCK_CLASS = 7_620_232;
const BATCH = 200;
/** For a command whose notice was missed, and a book whose owner has gone. */
const IDLE_MS = 1_000;

export interface MatcherOptions {
  /** Of one connection, which is held: it has the locks of the books, and writes what becomes of them. */
  readonly pool: Pool;
  readonly topic: string;
  readonly rates: FeeRates;
  /** There are new messages in the outbox. */
  readonly onResults: () => void;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: TradeMetrics;
}

interface OwnedBook {
  readonly key: BookKey;
  readonly book: Book;
  applied: number;
}

/**
 * Owns books and applies their commands. A book's lock belongs to the session that writes its outcomes: who has lost the
 * lock has lost the connection, and with it what was not committed. So no two processes ever write one book, and any
 * process may take over what another has left.
 */
export class Matcher {
  readonly #options: MatcherOptions;
  readonly #owned = new Map<number, OwnedBook>();
  /** Books whose lock this session has; one of them without its book in memory is loaded again. */
  readonly #locked = new Set<number>();
  #wake = new AbortController();

  constructor(options: MatcherOptions) {
    this.#options = options;
  }

  /** Until `signal` aborts; with the connection goes all that is in memory. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#runSession(signal);
      } catch (error) {
        log.warn({ error: describeError(error) }, 'matching stopped, it goes on with another connection');
        await clock.sleep(IDLE_MS, signal);
      }
    }
  }

  /** One connection from its start to its end. */
  async #runSession(signal: AbortSignal): Promise<void> {
    const client = await this.#options.pool.connect();
    const notice = (): void => this.#wake.abort();
    client.on('notification', notice);
    // Without a listener the end of an idle connection would end the process; the next query fails of it.
    client.on('error', notice);
    try {
      // A machine that vanished shall not keep its books for hours.
      await client.query(
        'SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3',
      );
      await client.query(`LISTEN ${COMMAND_CHANNEL}`);
      while (!signal.aborted) {
        const wake = new AbortController();
        this.#wake = wake;
        const goesOn = await this.#turn(client);
        if (!goesOn) await this.#options.clock.sleep(IDLE_MS, AbortSignal.any([signal, wake.signal]));
      }
    } finally {
      this.#owned.clear();
      this.#locked.clear();
      this.#options.metrics.books.set(0);
      // Closed, not given back: its end is what frees the locks.
      client.release(true);
    }
  }

  /** @returns whether there may be more to do at once */
  async #turn(client: PoolClient): Promise<boolean> {
    await this.#takeBooks(client);
    let goesOn = false;
    for (const owned of this.#owned.values()) {
      if (await this.#advance(client, owned)) goesOn = true;
    }
    return goesOn;
  }

  async #takeBooks(client: PoolClient): Promise<void> {
    const { rows } = await client.query<BookKey>(
      'SELECT book_id AS "bookId", symbol FROM trade.book ORDER BY book_id',
    );
    for (const key of rows) {
      if (this.#owned.has(key.bookId) || !(await this.#lock(client, key))) continue;
      await this.#load(client, key);
    }
    this.#options.metrics.books.set(this.#owned.size);
  }

  /** A book that cannot be read is tried again at the next turn, and keeps no other one. */
  async #load(client: PoolClient, key: BookKey): Promise<void> {
    const { log } = this.#options;
    try {
      const { book, applied } = await loadBook(client, key);
      this.#owned.set(key.bookId, { key, book, applied });
      log.info({ symbol: key.symbol, applied, open: book.open.length }, 'book taken');
    } catch (error) {
      log.error({ symbol: key.symbol, error: describeError(error) }, 'book not read, it is tried again');
    }
  }

  async #lock(client: PoolClient, { bookId }: BookKey): Promise<boolean> {
    if (this.#locked.has(bookId)) return true;
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS taken', [
      LOCK_CLASS,
      bookId,
    ]);
    const taken = rows[0]?.taken === true;
    if (taken) this.#locked.add(bookId);
    return taken;
  }

  /** @returns whether there may be more */
  async #advance(client: PoolClient, owned: OwnedBook): Promise<boolean> {
    const { key, book } = owned;
    const { topic, rates, clock, log, metrics, onResults } = this.#options;
    try {
      const commands = await nextCommands(client, key, owned.applied, BATCH);
      const last = commands.at(-1);
      if (last === undefined) return false;
      const batch = applyCommands(book, commands, rates);
      await client.query('BEGIN');
      const { applied: from } = owned;
      await writeBatch(client, key, { from, to: last.position, batch, topic, now: clock.now() });
      await client.query('COMMIT');
      owned.applied = last.position;
      metrics.commands.inc(commands.length);
      metrics.matches.inc(batch.trades.length);
      onResults();
      return commands.length === BATCH;
    } catch (error) {
      // The book in memory may be ahead of the database: it is read again. The other books go on.
      this.#owned.delete(key.bookId);
      log.error(
        { symbol: key.symbol, error: describeError(error) },
        'commands not applied, they are tried again',
      );
      await client.query('ROLLBACK');
      return false;
    }
  }
}
