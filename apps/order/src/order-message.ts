import type { OrderedMessage } from '@gantry/messaging';
import type { Order } from './order-store.ts';

/** The ORDER_CREATE of an order. Made from its row alone, so that sending it again sends the same message. */
export function orderCreateMessage(order: Order): OrderedMessage<'ORDER_CREATE'> {
  return {
    messageId: order.message_id,
    tag: 'ORDER_CREATE',
    keys: `order_${order.order_id}`,
    messageGroup: order.user_id,
    sequence: order.sequence,
    traceId: order.trace_id,
    body: {
      order_id: order.order_id,
      order_no: order.order_no,
      user_id: order.user_id,
      symbol: order.symbol,
      order_type: order.order_type,
      direction: order.direction,
      ...(order.price === null ? {} : { price: order.price }),
      amount: order.amount,
      status: 'PENDING',
      time_in_force: order.time_in_force,
      source: order.source,
    },
  };
}
