import type { LocalTransaction } from '@gantry/service';
import { orderCancelMessage } from './order-message.ts';
import { findIn, markCancel, type Order } from './order-store.ts';

export type CancelOutcome =
  | { readonly kind: 'NotFound' }
  /** The matching engine decides; it was asked now, or before. */
  | { readonly kind: 'Asked'; readonly order: Order }
  | { readonly kind: 'Closed'; readonly order: Order };

/** Asks the matching engine for the end of an order, once, in the sequence of its user. */
export async function askForCancel(
  local: LocalTransaction,
  orderId: string,
  reason: 'USER' | 'TIMEOUT',
  traceId: string,
): Promise<CancelOutcome> {
  const { client } = local;
  const order = await findIn(client, orderId);
  if (!order) return { kind: 'NotFound' };
  if (order.closed_at !== null) return { kind: 'Closed', order };
  if (order.cancel_reason !== null) return { kind: 'Asked', order };
  await client.query('SAVEPOINT before_place');
  // Before the order's row, as everywhere: who holds both never waits for who holds the other.
  const place = await local.place(order.user_id);
  const marked = await markCancel(client, orderId, reason);
  if (!marked) {
    // It ended, or another asked, while we waited for the place.
    await client.query('ROLLBACK TO SAVEPOINT before_place');
    return askForCancel(local, orderId, reason, traceId);
  }
  await local.send(orderCancelMessage(marked, reason, traceId), place);
  return { kind: 'Asked', order: marked };
}
