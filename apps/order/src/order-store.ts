import {
  orderStatus,
  direction,
  orderSource,
  orderType,
  query,
  timeInForce,
  type OrderCreateBody,
} from '@gantry/messaging';
import type { Pool, PoolClient } from 'pg';
import * as z from 'zod';
import type { OrderRequest } from './order-request.ts';

/** Rows are parsed too: a column that drifted is an error here and not a wrong answer to a client. */
const orderRow = z.object({
  order_id: z.string(),
  order_no: z.string(),
  client_order_id: z.string(),
  user_id: z.string(),
  symbol: z.string(),
  order_type: orderType,
  direction,
  price: z.string().nullable(),
  amount: z.string(),
  time_in_force: timeInForce,
  source: orderSource,
  status: orderStatus,
  sequence: z.string().transform(Number),
  message_id: z.string(),
  trace_id: z.string(),
  created_at: z.date(),
  accepted_at: z.date().nullable(),
});

export type Order = z.infer<typeof orderRow>;

/** What runs SQL: a pool outside of a transaction, its client inside. */
type Runner = Pick<PoolClient, 'query'>;

export interface NewOrder {
  readonly request: OrderRequest;
  readonly orderId: string;
  readonly orderNo: string;
  readonly sequence: number;
  readonly messageId: string;
  readonly traceId: string;
}

export async function findByClientOrderId(
  runner: Runner,
  userId: string,
  clientOrderId: string,
): Promise<Order | undefined> {
  const result = await runner.query(
    'SELECT * FROM orders.orders WHERE user_id = $1 AND client_order_id = $2',
    [userId, clientOrderId],
  );
  return parseFirst(result.rows);
}

export async function findById(pool: Pool, orderId: string): Promise<Order | undefined> {
  return parseFirst(await query(pool, 'SELECT * FROM orders.orders WHERE order_id = $1', [orderId]));
}

/** A new order's id and number, "ORD" + UTC date + the id in at least three digits. Ids may skip, numbers never repeat. */
export async function nextOrderId(
  client: PoolClient,
): Promise<{ readonly orderId: string; readonly orderNo: string }> {
  const result = await client.query<{ order_id: string; day: string }>(
    `SELECT nextval('orders.order_id')::text AS order_id, to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD') AS day`,
  );
  const row = result.rows[0];
  if (!row) throw new Error('nextval returned no row');
  return { orderId: row.order_id, orderNo: `ORD${row.day}${row.order_id.padStart(3, '0')}` };
}

export async function insertOrder(client: PoolClient, order: NewOrder): Promise<Order> {
  const { request, orderId, orderNo, sequence, messageId, traceId } = order;
  const result = await client.query(
    `INSERT INTO orders.orders (order_id, order_no, client_order_id, user_id, symbol, order_type, direction, price, amount,
       time_in_force, source, status, sequence, message_id, trace_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'PENDING', $12, $13, $14) RETURNING *`,
    [
      orderId,
      orderNo,
      request.client_order_id,
      request.user_id,
      request.symbol,
      request.order_type,
      request.direction,
      request.price ?? null,
      request.amount,
      request.time_in_force,
      request.source,
      sequence,
      messageId,
      traceId,
    ],
  );
  const row = parseFirst(result.rows);
  if (!row) throw new Error('INSERT returned no row');
  return row;
}

/** Doublings of the wait between two attempts, at most: some hours, by the default of two minutes. */
const MAX_DOUBLINGS = 7;

/**
 * Orders that nobody has applied although they are older than `ageMs`, and that nobody has tried to send again for as long,
 * and twice as long after each time; who has waited longest first, so that those that nothing helps leave room for the
 * others. Only the first of a user: those after it are parked until it comes, and would only fill the batch.
 */
export async function findOverdue(pool: Pool, ageMs: number, limit: number): Promise<readonly Order[]> {
  const rows = await query(
    pool,
    `SELECT * FROM (
       SELECT DISTINCT ON (user_id) *, coalesce(resent_at, created_at) AS since
       FROM orders.orders WHERE status = 'PENDING' ORDER BY user_id, sequence
     ) AS first
     WHERE since < now() - $1 * power(2, least(resends, $3)) * interval '1 millisecond' ORDER BY since LIMIT $2`,
    [ageMs, limit, MAX_DOUBLINGS],
  );
  return rows.map((row) => orderRow.parse(row));
}

/** @param sent false: it was tried */
export async function markResent(pool: Pool, { order_id: id }: Order, sent: boolean): Promise<void> {
  await query(
    pool,
    `UPDATE orders.orders SET resent_at = now(), resends = least(resends + $2, 1000) WHERE order_id = $1`,
    [id, sent ? 1 : 0],
  );
}

/** The effect of ORDER_CREATE. The unique keys of order_events refuse a second application, whatever the inbox thinks. */
export async function acceptOrder(
  client: PoolClient,
  messageId: string,
  sequence: number,
  body: OrderCreateBody,
): Promise<void> {
  const accepted = await client.query(
    `UPDATE orders.orders SET status = 'ACCEPTED', accepted_at = now()
     WHERE order_id = $1 AND user_id = $2 AND sequence = $3 AND status = 'PENDING'`,
    [body.order_id, body.user_id, sequence],
  );
  if (accepted.rowCount !== 1) {
    throw new Error(
      `order ${body.order_id} of user ${body.user_id} with sequence ${sequence} is not pending here`,
    );
  }
  await client.query(
    `INSERT INTO orders.order_events (user_id, sequence, order_id, type, message_id) VALUES ($1, $2, $3, 'ORDER_CREATE', $4)`,
    [body.user_id, sequence, body.order_id, messageId],
  );
}

/** The content that the client asked for, to compare a retry with. */
export function requestOf(order: Order): OrderRequest {
  return {
    client_order_id: order.client_order_id,
    user_id: order.user_id,
    symbol: order.symbol,
    order_type: order.order_type,
    direction: order.direction,
    ...(order.price === null ? {} : { price: order.price }),
    amount: order.amount,
    time_in_force: order.time_in_force,
    source: order.source,
  };
}

function parseFirst(rows: readonly unknown[]): Order | undefined {
  return rows.length === 0 ? undefined : orderRow.parse(rows[0]);
}
