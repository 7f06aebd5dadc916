import type { MessageHeader } from '../envelope.ts';
import type { OrderCreateBody } from '../messages/order-topic.ts';

/** A valid header of ORDER_CREATE; the envelope of the exchange's own design. */
export function orderHeader(
  overrides: Partial<MessageHeader> = {},
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
