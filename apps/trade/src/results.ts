import { tradeNumber, type OutboxMessage } from '@gantry/service';
import type { Batch, Ended, Trade } from './apply.ts';

export interface Results {
  readonly symbol: string;
  readonly batch: Batch;
  /** Of the trades, in their order. */
  readonly ids: readonly string[];
  readonly topic: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What is told of a batch: each trade to those who settle it and to everybody, and the end of each order. */
export function resultMessages(results: Results): readonly OutboxMessage[] {
  const { batch, ids } = results;
  return [
    ...withIds(batch.trades, ids).flatMap(([trade, id]) => [
      matchResult(results, trade, id),
      publicTrade(results, trade, id),
    ]),
    ...batch.ended.map((ended) => orderClosed(results, ended)),
  ];
}

/** @param ids of the trades, in their order */
export function withIds(
  trades: readonly Trade[],
  ids: readonly string[],
): readonly (readonly [Trade, string])[] {
  return trades.map((trade, index) => {
    const id = ids[index];
    if (id === undefined) throw new Error('a trade has no id');
    return [trade, id];
  });
}

/** A match as its row and its message have it. */
export function matchFields({ fill, makerFee, takerFee }: Trade, id: string) {
  return {
    match_id: id,
    maker_order_id: fill.makerOrderId,
    taker_order_id: fill.takerOrderId,
    maker_user_id: fill.makerUserId,
    taker_user_id: fill.takerUserId,
    taker_direction: fill.takerDirection,
    price: fill.price.toFixed(),
    amount: fill.amount.toFixed(),
    value: fill.value.toFixed(),
    maker_fee: makerFee.toFixed(),
    taker_fee: takerFee.toFixed(),
  };
}

function matchResult(
  { symbol, topic, now }: Results,
  trade: Trade,
  id: string,
): OutboxMessage<'MATCH_RESULT'> {
  return {
    topic,
    tag: 'MATCH_RESULT',
    keys: `match_${id}`,
    traceId: trade.traceId,
    body: {
      ...matchFields(trade, id),
      symbol,
      match_time: now,
    },
  };
}

function publicTrade(
  { symbol, topic, now }: Results,
  { fill, traceId }: Trade,
  id: string,
): OutboxMessage<'TRADE_BATCH'> {
  return {
    topic,
    tag: 'TRADE_BATCH',
    keys: `trade_${id}`,
    traceId,
    body: {
      trade_id: id,
      trade_no: tradeNumber(id, now),
      symbol,
      direction: fill.takerDirection,
      price: fill.price.toFixed(),
      amount: fill.amount.toFixed(),
      trade_time: now,
    },
  };
}

function orderClosed(
  { symbol, topic, now }: Results,
  { closed, traceId }: Ended,
): OutboxMessage<'ORDER_CLOSED'> {
  const { orderId, userId, reason, executedAmount, executedValue } = closed;
  return {
    topic,
    tag: 'ORDER_CLOSED',
    keys: `order_${orderId}`,
    traceId,
    body: {
      order_id: orderId,
      user_id: userId,
      symbol,
      status: reason === undefined ? 'FILLED' : 'CANCELLED',
      ...(reason === undefined ? {} : { reason }),
      executed_amount: executedAmount.toFixed(),
      executed_value: executedValue.toFixed(),
      closed_time: now,
    },
  };
}
