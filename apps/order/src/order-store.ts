import {
  orderStatus,
  direction,
  orderSource,
  orderType,
  query,
  timeInForce,
  type MatchResultBody,
  type OrderClosedBody,
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
  budget: z.string().nullable(),
  time_in_force: timeInForce,
  source: orderSource,
  status: orderStatus,
  executed_amount: z.string(),
  executed_value: z.string(),
  cancel_reason: z.enum(['USER', 'TIMEOUT']).nullable(),
  close_reason: z.string().nullable(),
  sequence: z.string().transform(Number),
  message_id: z.string(),
  trace_id: z.string(),
  created_at: z.date(),
  accepted_at: z.date().nullable(),
  closed_at: z.date().nullable(),
});

export type Order = z.infer<typeof orderRow>;

const fillRow = z.object({
  match_id: z.string(),
  price: z.string(),
  amount: z.string(),
  value: z.string(),
  fee: z.string(),
  matched_at: z.date(),
});
export type OrderFill = z.infer<typeof fillRow>;

/** What runs SQL: a pool outside of a transaction, its client inside. */
type Runner = Pick<PoolClient, 'query'>;

export interface NewOrder {
  readonly request: OrderRequest;
  readonly orderId: string;
  readonly orderNo: string;
  readonly budget: string | null;
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

/** As `findById`, within a transaction. */
export async function findIn(client: PoolClient, orderId: string): Promise<Order | undefined> {
  const { rows } = await client.query('SELECT * FROM orders.orders WHERE order_id = $1', [orderId]);
  return parseFirst(rows);
}

export async function fillsOf(pool: Pool, orderId: string): Promise<readonly OrderFill[]> {
  const rows = await query(pool, 'SELECT * FROM orders.fill WHERE order_id = $1 ORDER BY match_id', [
    orderId,
  ]);
  return rows.map((row) => fillRow.parse(row));
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

const freezeAnswer = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('Frozen'), set_aside: z.string() }),
  z.object({ outcome: z.enum(['UnknownSymbol', 'Insufficient']) }),
]);
export type FreezeAnswer = z.infer<typeof freezeAnswer>;

/** Has the asset service's own function set aside what an order may cost: all of its schema that this service may touch. */
export async function freezeFor(
  client: PoolClient,
  request: OrderRequest,
  { orderId, orderNo }: { readonly orderId: string; readonly orderNo: string },
): Promise<FreezeAnswer> {
  const { user_id, symbol, direction: side, price, amount } = request;
  const { rows } = await client.query('SELECT * FROM asset.freeze_for_order($1, $2, $3, $4, $5, $6, $7)', [
    orderId,
    orderNo,
    user_id,
    symbol,
    side,
    price ?? null,
    amount,
  ]);
  return freezeAnswer.parse(rows[0]);
}

export async function insertOrder(client: PoolClient, order: NewOrder): Promise<Order> {
  const { request, orderId, orderNo, budget, sequence, messageId, traceId } = order;
  const result = await client.query(
    `INSERT INTO orders.orders (order_id, order_no, client_order_id, user_id, symbol, order_type, direction, price, amount,
       budget, time_in_force, source, status, sequence, message_id, trace_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'PENDING', $13, $14, $15) RETURNING *`,
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
      budget,
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

/** Marks an order that has not ended and whose end was not asked for before; undefined: it is another. */
export async function markCancel(
  client: PoolClient,
  orderId: string,
  reason: 'USER' | 'TIMEOUT',
): Promise<Order | undefined> {
  const { rows } = await client.query(
    `UPDATE orders.orders SET cancel_reason = $2
     WHERE order_id = $1 AND closed_at IS NULL AND cancel_reason IS NULL RETURNING *`,
    [orderId, reason],
  );
  return parseFirst(rows);
}

/** The effect of ORDER_CREATE. Trades and even the end may have come before: they are told on another topic. */
export async function acceptOrder(
  client: PoolClient,
  sequence: number,
  body: OrderCreateBody,
): Promise<void> {
  const accepted = await client.query(
    `UPDATE orders.orders SET accepted_at = now(), status = CASE status WHEN 'PENDING' THEN 'ACCEPTED' ELSE status END
     WHERE order_id = $1 AND user_id = $2 AND sequence = $3 AND accepted_at IS NULL`,
    [body.order_id, body.user_id, sequence],
  );
  if (accepted.rowCount !== 1) {
    throw new Error(
      `order ${body.order_id} of user ${body.user_id} with sequence ${sequence} is not pending here`,
    );
  }
}

/** One side of a match. */
export interface Side {
  readonly orderId: string;
  readonly userId: string;
  readonly fee: string;
}

/** Adds a match to one of its orders; returns the order as it is then. */
export async function fillOrder(client: PoolClient, match: MatchResultBody, side: Side): Promise<Order> {
  const { rows } = await client.query(
    `UPDATE orders.orders SET executed_amount = executed_amount + $3, executed_value = executed_value + $4,
       status = CASE WHEN status IN ('PENDING', 'ACCEPTED') THEN 'PARTIALLY_FILLED' ELSE status END
     WHERE order_id = $1 AND user_id = $2 RETURNING *`,
    [side.orderId, side.userId, match.amount, match.value],
  );
  const order = parseFirst(rows);
  if (!order)
    throw new Error(`match ${match.match_id} names order ${side.orderId}, which ${side.userId} has not`);
  await client.query(
    `INSERT INTO orders.fill (match_id, order_id, price, amount, value, fee, matched_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      match.match_id,
      side.orderId,
      match.price,
      match.amount,
      match.value,
      side.fee,
      new Date(match.match_time),
    ],
  );
  return order;
}

/** The one final state of an order. Its last fills may still be on their way. */
export async function closeOrder(client: PoolClient, body: OrderClosedBody): Promise<void> {
  const closed = await client.query(
    `UPDATE orders.orders SET status = $3, close_reason = $4, closed_executed = $5, closed_at = $6
     WHERE order_id = $1 AND user_id = $2 AND closed_at IS NULL`,
    [
      body.order_id,
      body.user_id,
      body.status,
      body.reason ?? null,
      body.executed_amount,
      new Date(body.closed_time),
    ],
  );
  if (closed.rowCount !== 1) throw new Error(`order ${body.order_id} of ${body.user_id} is not open here`);
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
