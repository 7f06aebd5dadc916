import { readContent } from '@gantry/messaging';
import { appendToOutbox, Decimal } from '@gantry/service';
import type { PoolClient } from 'pg';
import * as z from 'zod';
import type { Batch, OrderState } from './apply.ts';
import type { Command, CommandContent } from './commands.ts';
import { Book } from './engine/mod.ts';
import { matchFields, resultMessages, withIds } from './results.ts';

export interface BookKey {
  readonly bookId: number;
  readonly symbol: string;
}

const decimal = z.string().transform((text) => new Decimal(text));

const openRow = z.object({
  order_id: z.string(),
  user_id: z.string(),
  direction: z.enum(['BUY', 'SELL']),
  price: decimal,
  amount: decimal,
  executed_amount: decimal,
  executed_value: decimal,
});

const commandRow = z.object({
  position: z.string().transform(Number),
  tag: z.string(),
  trace_id: z.string(),
  body: z.unknown(),
});

/** A book as Postgres has it, with the position of the last command that is in it. */
export async function loadBook(
  client: PoolClient,
  { bookId }: BookKey,
): Promise<{ readonly book: Book; readonly applied: number }> {
  await client.query('INSERT INTO trade.progress VALUES ($1, 0) ON CONFLICT DO NOTHING', [bookId]);
  const progress = await client.query<{ applied_command: string }>(
    'SELECT applied_command FROM trade.progress WHERE book_id = $1',
    [bookId],
  );
  const { rows } = await client.query(
    `SELECT * FROM trade.orders WHERE book_id = $1 AND status = 'OPEN' ORDER BY position`,
    [bookId],
  );
  const open = rows.map((row) => {
    const { order_id, user_id, executed_amount, executed_value, ...rest } = openRow.parse(row);
    return {
      ...rest,
      orderId: order_id,
      userId: user_id,
      executedAmount: executed_amount,
      executedValue: executed_value,
    };
  });
  return { book: new Book(open), applied: Number(progress.rows[0]?.applied_command) };
}

/** The commands after `applied`, without a gap. */
export async function nextCommands(
  client: PoolClient,
  { bookId }: BookKey,
  applied: number,
  limit: number,
): Promise<readonly Command[]> {
  const { rows } = await client.query(
    `SELECT position, tag, trace_id, body FROM trade.command
     WHERE book_id = $1 AND position > $2 ORDER BY position LIMIT $3`,
    [bookId, applied, limit],
  );
  return rows.map((row, index) => {
    const { position, tag, trace_id: traceId, body } = commandRow.parse(row);
    if (position !== applied + 1 + index)
      throw new Error(`command ${applied + 1 + index} of book ${bookId} is missing, ${position} is there`);
    return { ...toCommand(tag, body), position, traceId };
  });
}

function toCommand(tag: string, body: unknown): CommandContent {
  const content = readContent(tag, body);
  if (content.tag === 'ORDER_CREATE' || content.tag === 'ORDER_CANCEL') return content;
  throw new Error(`a command cannot be ${tag}`);
}

/** What was applied to a book, from the position before to the last. */
export interface Applied {
  readonly from: number;
  readonly to: number;
  readonly batch: Batch;
  readonly topic: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Writes the outcome of a batch, as part of the transaction that also moves the book's progress.
 *
 * @throws Error when another has moved the progress: it owns the book now
 */
export async function writeBatch(client: PoolClient, key: BookKey, applied: Applied): Promise<void> {
  const { from, to, batch, topic, now } = applied;
  const moved = await client.query(
    'UPDATE trade.progress SET applied_command = $3 WHERE book_id = $1 AND applied_command = $2',
    [key.bookId, from, to],
  );
  if (moved.rowCount !== 1) throw new Error(`another has applied commands of ${key.symbol} after ${from}`);
  const at = new Date(now);
  await insertPlaced(client, key, batch);
  await updateStates(client, batch, at);
  const ids = await matchIds(client, batch.trades.length);
  await insertMatches(client, key, batch, ids, at);
  await appendToOutbox(client, resultMessages({ symbol: key.symbol, batch, ids, topic, now }));
  await client.query('DELETE FROM trade.command WHERE book_id = $1 AND position <= $2', [key.bookId, to]);
}

async function insertPlaced(client: PoolClient, { bookId }: BookKey, { placed }: Batch): Promise<void> {
  const rows = placed.map(({ order, position }) => ({
    order_id: order.orderId,
    position,
    user_id: order.userId,
    direction: order.direction,
    price: order.price?.toFixed() ?? null,
    amount: order.amount.toFixed(),
    time_in_force: order.timeInForce,
  }));
  await client.query(
    `INSERT INTO trade.orders (order_id, book_id, position, user_id, direction, price, amount, time_in_force,
       executed_amount, executed_value, status)
     SELECT order_id, $1, position, user_id, direction, price, amount, time_in_force, 0, 0, 'OPEN'
     FROM jsonb_to_recordset($2) AS row(order_id bigint, position bigint, user_id text, direction text, price numeric,
       amount numeric, time_in_force text)`,
    [bookId, JSON.stringify(rows)],
  );
}

async function updateStates(client: PoolClient, { states }: Batch, at: Date): Promise<void> {
  const rows = [...states.values()].map(toRow);
  await client.query(
    `UPDATE trade.orders o SET executed_amount = row.executed_amount, executed_value = row.executed_value,
       status = row.status, reason = row.reason, closed_at = CASE WHEN row.status = 'OPEN' THEN NULL ELSE $2::timestamptz END
     FROM jsonb_to_recordset($1) AS row(order_id bigint, executed_amount numeric, executed_value numeric, status text,
       reason text)
     WHERE o.order_id = row.order_id`,
    [JSON.stringify(rows), at],
  );
}

function toRow(state: OrderState): Record<string, string | null> {
  const { orderId, executedAmount, executedValue } = state.order;
  const executed = {
    order_id: orderId,
    executed_amount: executedAmount.toFixed(),
    executed_value: executedValue.toFixed(),
  };
  if (state.status === 'OPEN') return { ...executed, status: 'OPEN', reason: null };
  const { reason = null } = state.order;
  return { ...executed, status: reason === null ? 'FILLED' : 'CANCELLED', reason };
}

async function matchIds(client: PoolClient, count: number): Promise<readonly string[]> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT nextval('trade.match_id') AS id FROM generate_series(1, $1)`,
    [count],
  );
  return rows.map(({ id }) => id);
}

async function insertMatches(
  client: PoolClient,
  { bookId }: BookKey,
  { trades }: Batch,
  ids: readonly string[],
  at: Date,
): Promise<void> {
  const rows = withIds(trades, ids).map(([trade, id]) => matchFields(trade, id));
  await client.query(
    `INSERT INTO trade.match (match_id, book_id, maker_order_id, taker_order_id, maker_user_id, taker_user_id,
       taker_direction, price, amount, value, maker_fee, taker_fee, matched_at)
     SELECT match_id, $1, maker_order_id, taker_order_id, maker_user_id, taker_user_id, taker_direction, price, amount,
       value, maker_fee, taker_fee, $3
     FROM jsonb_to_recordset($2) AS row(match_id bigint, maker_order_id bigint, taker_order_id bigint,
       maker_user_id text, taker_user_id text, taker_direction text, price numeric, amount numeric, value numeric,
       maker_fee numeric, taker_fee numeric)`,
    [bookId, JSON.stringify(rows), at],
  );
}
