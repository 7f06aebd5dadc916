import * as z from 'zod';
import {
  decimalString,
  direction,
  epochMs,
  idString,
  orderNo,
  orderSource,
  orderStatus,
  orderType,
  symbol,
  timeInForce,
  tradeNo,
  userId,
} from './fields.ts';

/** Bodies of order-topic: ordered and transactional, the message group is the user id. Keys: "order_" and the order id. */

export const orderCreateBody = z.object({
  order_id: idString,
  order_no: orderNo,
  user_id: userId,
  symbol,
  order_type: orderType,
  direction,
  /** Absent for a MARKET order. */
  price: decimalString.optional(),
  amount: decimalString,
  /** The most that a MARKET BUY may spend: what was frozen for it. Absent for the others, whose price or amount bounds them. */
  budget: decimalString.optional(),
  status: orderStatus,
  time_in_force: timeInForce,
  source: orderSource,
});
export type OrderCreateBody = z.infer<typeof orderCreateBody>;

/** A trade executed a part of an order, or all that was left of it. */
export const orderTradeBody = z.object({
  order_id: idString,
  trade_id: idString,
  trade_no: tradeNo,
  symbol,
  /** Of this trade. */
  price: decimalString,
  /** Of this trade. */
  amount: decimalString,
  /** Of the order so far, this trade included: applying it twice changes nothing. */
  executed_amount: decimalString,
  /** Of the order so far, this trade included. */
  executed_value: decimalString,
  /** Of this trade, for this order's user. */
  fee: decimalString,
  trade_time: epochMs,
});
export type OrderTradeBody = z.infer<typeof orderTradeBody>;

/** Asks for the end of an order. The matching engine decides, since a trade may have come first, and tells by ORDER_CLOSED. */
export const orderCancelBody = z.object({
  order_id: idString,
  order_no: orderNo,
  user_id: userId,
  symbol,
  /** USER: its user asked for it; TIMEOUT: its ORDER_TIMEOUT came. */
  reason: z.enum(['USER', 'TIMEOUT']),
});
export type OrderCancelBody = z.infer<typeof orderCancelBody>;
