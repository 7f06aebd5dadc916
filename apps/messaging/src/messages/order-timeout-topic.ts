import * as z from 'zod';
import { epochMs, idString, orderNo, userId } from './fields.ts';

/** Bodies of order-timeout-topic, a Delay topic. Keys: "order_" and the order id. */

/** Delivered when an order has had its time; what is not executed by then is cancelled. */
export const orderTimeoutBody = z.object({
  order_id: idString,
  order_no: orderNo,
  user_id: userId,
  /** When the order times out. The message comes at that time or later. */
  timeout_time: epochMs,
});
export type OrderTimeoutBody = z.infer<typeof orderTimeoutBody>;
