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
  /** price × amount, rounded as the matching engine settles it. */
  value: decimalString,
  match_time: epochMs,
});
export type MatchResultBody = z.infer<typeof matchResultBody>;

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
