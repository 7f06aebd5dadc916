import type { Content, MatchResultBody } from '@gantry/messaging';
import { tradeNumber, type OutboxMessage } from '@gantry/service';
import type { Order } from './order-store.ts';

interface Addressed {
  readonly keys: string;
  readonly messageGroup: string;
  readonly traceId: string;
}

function addressOf(order: Pick<Order, 'order_id' | 'user_id'>, traceId: string): Addressed {
  return { keys: `order_${order.order_id}`, messageGroup: order.user_id, traceId };
}

export function orderCreateMessage(order: Order): Content<'ORDER_CREATE'> & Addressed {
  return {
    ...addressOf(order, order.trace_id),
    tag: 'ORDER_CREATE',
    body: {
      order_id: order.order_id,
      order_no: order.order_no,
      user_id: order.user_id,
      symbol: order.symbol,
      order_type: order.order_type,
      direction: order.direction,
      ...(order.price === null ? {} : { price: order.price }),
      amount: order.amount,
      ...(order.budget === null ? {} : { budget: order.budget }),
      status: 'PENDING',
      time_in_force: order.time_in_force,
      source: order.source,
    },
  };
}

export function orderCancelMessage(
  order: Order,
  reason: 'USER' | 'TIMEOUT',
  traceId: string,
): Content<'ORDER_CANCEL'> & Addressed {
  const { order_id, order_no, user_id, symbol } = order;
  return {
    ...addressOf(order, traceId),
    tag: 'ORDER_CANCEL',
    body: { order_id, order_no, user_id, symbol, reason },
  };
}

/** @param order as it is after the trade */
export function orderTradeMessage(
  order: Order,
  match: MatchResultBody,
  fee: string,
  traceId: string,
): Content<'ORDER_TRADE'> & Addressed {
  return {
    ...addressOf(order, traceId),
    tag: 'ORDER_TRADE',
    body: {
      order_id: order.order_id,
      trade_id: match.match_id,
      trade_no: tradeNumber(match.match_id, match.match_time),
      symbol: order.symbol,
      price: match.price,
      amount: match.amount,
      executed_amount: order.executed_amount,
      executed_value: order.executed_value,
      fee,
      trade_time: match.match_time,
    },
  };
}

/** Comes back to this service when the order has had its time. */
export function orderTimeoutMessage(
  order: Order,
  { topic, afterMs }: { readonly topic: string; readonly afterMs: number },
): OutboxMessage<'ORDER_TIMEOUT'> {
  const timeout = order.created_at.getTime() + afterMs;
  return {
    topic,
    tag: 'ORDER_TIMEOUT',
    keys: `order_${order.order_id}`,
    traceId: order.trace_id,
    body: {
      order_id: order.order_id,
      order_no: order.order_no,
      user_id: order.user_id,
      timeout_time: timeout,
    },
    deliverAt: timeout,
  };
}
