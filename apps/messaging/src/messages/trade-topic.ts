import * as z from 'zod';
import { decimalString, direction, epochMs, idString, symbol, tradeNo, userId } from './fields.ts';

/** Bodies of trade-topic, where messages have no order. */

/** The matching engine matched two orders. Keys: "match_" and the match id. */
export const matchResultBody = z.object({
  match_id: idString,
  symbol,
  maker_order_id: idString,
  taker_order_id: idString,
  maker_user_id: userId,
  taker_user_id: userId,
  /** Of the taker; the maker's is the other. */
  taker_direction: direction,
  price: decimalString,
  amount: decimalString,
  /** price × amount, exactly. */
  value: decimalString,
  /** In the coin that the maker receives. */
  maker_fee: decimalString,
  /** In the coin that the taker receives. */
  taker_fee: decimalString,
  match_time: epochMs,
});
export type MatchResultBody = z.infer<typeof matchResultBody>;

/**
 * The end of an order, once for each. Messages have no order here: it may come before the last MATCH_RESULT of its order.
 * Keys: "order_" and the order id.
 */
export const orderClosedBody = z.object({
  order_id: idString,
  user_id: userId,
  symbol,
  status: z.enum(['FILLED', 'CANCELLED']),
  /**
   * Of a CANCELLED one. USER, TIMEOUT: an ORDER_CANCEL asked for it; IMMEDIATE: what an IOC, FOK or MARKET order could not
   * execute at once; SELF_TRADE: it met an order of its own user.
   */
  reason: z.enum(['USER', 'TIMEOUT', 'IMMEDIATE', 'SELF_TRADE']).optional(),
  /** Of all its trades. */
  executed_amount: decimalString,
  executed_value: decimalString,
  closed_time: epochMs,
});
export type OrderClosedBody = z.infer<typeof orderClosedBody>;

/**
 * A trade as everybody may see it: without orders and users. One message a trade, many to a request: the tag's name is of
 * the way in which they are sent. Keys: "trade_" and the trade id.
 */
export const tradeBatchBody = z.object({
  trade_id: idString,
  trade_no: tradeNo,
  symbol,
  /** Of the taker. */
  direction,
  price: decimalString,
  amount: decimalString,
  trade_time: epochMs,
});
export type TradeBatchBody = z.infer<typeof tradeBatchBody>;
