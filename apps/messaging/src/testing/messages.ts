import { ROOT_CONTEXT } from '@opentelemetry/api';
import type { Delivery } from '../delivery.ts';
import { encodeEnvelope, type MessageHeader } from '../envelope.ts';
import type { BodyOf, Tag } from '../message-types.ts';
import type { OrderCreateBody } from '../messages/order-topic.ts';
import type { OutgoingMessage } from '../outgoing.ts';

/** A valid header of ORDER_CREATE; the envelope of the exchange's own design. */
export function orderHeader(
  overrides: Partial<Omit<MessageHeader, 'tags'>> = {},
): MessageHeader & { readonly tags: 'ORDER_CREATE' } {
  return {
    message_id: 'm-1',
    topic: 'order-topic',
    tags: 'ORDER_CREATE',
    keys: 'order_123',
    timestamp: 1_704_067_200_000,
    producer_group: 'order-producer',
    consumer_group: '',
    retry_times: 0,
    trace_id: '0123456789abcdef0123456789abcdef',
    sequence: 1,
    ...overrides,
  };
}

export const orderBody: OrderCreateBody = {
  order_id: '123',
  order_no: 'ORD20240101001',
  user_id: '456',
  symbol: 'BTCUSDT',
  order_type: 'LIMIT',
  direction: 'BUY',
  price: '50000.00',
  amount: '0.001',
  status: 'PENDING',
  time_in_force: 'GTC',
  source: 'API',
};

/** A valid body of each tag. */
export const bodies: { readonly [T in Tag]: BodyOf<T> } = {
  ORDER_CREATE: orderBody,
  ORDER_TRADE: {
    order_id: '123',
    trade_id: '789',
    trade_no: 'TRD20240101001',
    symbol: 'BTCUSDT',
    price: '50000.00',
    amount: '0.001',
    executed_amount: '0.001',
    executed_value: '50.00',
    fee: '0.05',
    trade_time: 1_704_067_200_000,
  },
  ORDER_CANCEL: {
    order_id: '123',
    order_no: 'ORD20240101001',
    user_id: '456',
    symbol: 'BTCUSDT',
    reason: 'TIMEOUT',
  },
  ORDER_TIMEOUT: {
    order_id: '123',
    order_no: 'ORD20240101001',
    user_id: '456',
    timeout_time: 1_704_069_000_000,
  },
  ASSET_CHANGE: {
    user_id: '456',
    coin_id: '1',
    coin_name: 'BTC',
    business_type: 4,
    amount: '-0.001',
    balance_before: '1.0',
    balance_after: '0.999',
    fee: '0.00001',
    ref_order_no: 'ORD20240101001',
    change_time: 1_704_067_200_000,
  },
  MATCH_RESULT: {
    match_id: '789',
    symbol: 'BTCUSDT',
    maker_order_id: '122',
    taker_order_id: '123',
    maker_user_id: '455',
    taker_user_id: '456',
    taker_direction: 'BUY',
    price: '50000.00',
    amount: '0.001',
    value: '50.00',
    maker_fee: '0.05',
    taker_fee: '0.000001',
    match_time: 1_704_067_200_000,
  },
  ORDER_CLOSED: {
    order_id: '123',
    user_id: '456',
    symbol: 'BTCUSDT',
    status: 'CANCELLED',
    reason: 'TIMEOUT',
    executed_amount: '0.0005',
    executed_value: '25.00',
    closed_time: 1_704_069_000_000,
  },
  TRADE_BATCH: {
    trade_id: '789',
    trade_no: 'TRD20240101001',
    symbol: 'BTCUSDT',
    direction: 'BUY',
    price: '50000.00',
    amount: '0.001',
    trade_time: 1_704_067_200_000,
  },
};

/** A message to send, in trade-topic. */
export function tradeMessage(id: string): OutgoingMessage<'TRADE_BATCH'> {
  const body = bodies.TRADE_BATCH;
  return { topic: 'trade-topic', tag: 'TRADE_BATCH', keys: `trade_${id}`, messageId: id, body };
}

/** A delivery of an ORDER_CREATE in clear. */
export function delivery(changes: Partial<Delivery> = {}, header = orderHeader()): Delivery {
  return {
    rocketmqMessageId: 'rocketmq-1',
    topic: 'order-topic',
    tag: 'ORDER_CREATE',
    messageGroup: '456',
    properties: new Map(),
    body: encodeEnvelope(header, orderBody),
    corrupted: false,
    bornAt: 1_704_067_200_000,
    attempt: 1,
    maxAttempts: 3,
    context: ROOT_CONTEXT,
    ...changes,
  };
}
