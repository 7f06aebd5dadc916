import type { BodyOf, EffectsByTag, Envelope } from '@gantry/messaging';
import type { PoolClient } from 'pg';

/** The tags of order-topic that concern a book. */
export type CommandTag = 'ORDER_CREATE' | 'ORDER_CANCEL';

export type CommandContent = {
  readonly [T in CommandTag]: { readonly tag: T; readonly body: BodyOf<T> };
}[CommandTag];

/** With its number in the book's row of commands, from 1 without a gap. */
export type Command = CommandContent & { readonly position: number; readonly traceId: string };

/** Tells the owner of a book that there is something new. */
export const COMMAND_CHANNEL = 'trade_command';

/** Messages of order-topic become commands of their symbol's book. What trades did is the matcher's own word. */
export const commandEffects: EffectsByTag<PoolClient> = {
  ORDER_CREATE: appendCommand,
  ORDER_CANCEL: appendCommand,
  ORDER_TRADE: 'Skip',
};

async function appendCommand(envelope: Envelope<CommandTag>, client: PoolClient): Promise<void> {
  const { header, body } = envelope;
  const { bookId, position } = await nextCommand(client, body.symbol);
  await client.query(
    'INSERT INTO trade.command (book_id, position, tag, trace_id, body) VALUES ($1, $2, $3, $4, $5)',
    [bookId, position, header.tags, header.trace_id, JSON.stringify(body)],
  );
  await client.query(`NOTIFY ${COMMAND_CHANNEL}`);
}

interface Numbered {
  readonly bookId: number;
  readonly position: string;
}

async function nextCommand(client: PoolClient, symbol: string): Promise<Numbered> {
  const returning = 'RETURNING book_id AS "bookId", last_command AS position';
  const known = await client.query<Numbered>(
    `UPDATE trade.book SET last_command = last_command + 1 WHERE symbol = $1 ${returning}`,
    [symbol],
  );
  const [numbered] = known.rows;
  if (numbered) return numbered;
  // Another may make the same book at this moment.
  const made = await client.query<Numbered>(
    `INSERT INTO trade.book AS b (symbol, last_command) VALUES ($1, 1)
     ON CONFLICT (symbol) DO UPDATE SET last_command = b.last_command + 1 ${returning}`,
    [symbol],
  );
  const [first] = made.rows;
  if (!first) throw new Error(`the book of ${symbol} was neither there nor made`);
  return first;
}
