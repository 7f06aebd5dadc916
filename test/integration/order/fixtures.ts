import type { HalfMessage, Logger, OrderedMessage } from '../../../apps/messaging/src/mod.ts';
import type { OrderSender } from '../../../apps/order/src/create-order.ts';
import { orderRequest, type OrderRequest } from '../../../apps/order/src/order-request.ts';

export const TOPIC = 'order-topic';

const ignore = (): void => undefined;
export const silentLog: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

export function request(clientOrderId: string, changes: Partial<OrderRequest> = {}): OrderRequest {
  return orderRequest.parse({
    client_order_id: clientOrderId,
    user_id: 'user-1',
    symbol: 'BTCUSDT',
    order_type: 'LIMIT',
    direction: 'BUY',
    price: '50000.00',
    amount: '0.001',
    ...changes,
  });
}

/** A message cluster of which only the fate of each half message matters. */
export class FakeSender implements OrderSender {
  readonly sent: OrderedMessage<'ORDER_CREATE'>[] = [];
  readonly committed: string[] = [];
  readonly rolledBack: string[] = [];
  /** Runs while the half message is on its way, inside the local transaction. */
  onSend: () => Promise<void> = () => Promise.resolve();

  async sendHalf(message: OrderedMessage<'ORDER_CREATE'>): Promise<HalfMessage> {
    this.sent.push(message);
    await this.onSend();
    return {
      commit: () => Promise.resolve(void this.committed.push(message.messageId)),
      rollback: () => Promise.resolve(void this.rolledBack.push(message.messageId)),
    };
  }
}
