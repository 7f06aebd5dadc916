import { assetMigrations } from '../../../apps/asset/src/migrations.ts';
import {
  query,
  type Clock,
  type HalfMessage,
  type Logger,
  type OrderedMessage,
  type Tag,
} from '../../../apps/messaging/src/mod.ts';
import { OrderCreator, type CreateOutcome } from '../../../apps/order/src/create-order.ts';
import { orderMigrations } from '../../../apps/order/src/migrations.ts';
import { orderRequest, type OrderRequest } from '../../../apps/order/src/order-request.ts';
import type { Order } from '../../../apps/order/src/order-store.ts';
import { LocalTransactions, type HalfSender } from '../../../apps/service/src/mod.ts';
import type { TestDatabase } from './database.ts';

type Pool = ReturnType<TestDatabase['pool']>;

export const TOPIC = 'order-topic';
/** Orders freeze by a function of the asset service's schema. */
export const migrations = [...orderMigrations, ...assetMigrations.filter(({ id }) => id.startsWith('asset'))];

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

/** No orders and no messages, and users who can pay for many. */
export async function startAgain(pool: Pool): Promise<void> {
  await query(
    pool,
    `TRUNCATE orders.orders, orders.order_events, orders.fill, asset.order_freeze, asset.account, asset.flow,
       messaging.message_sequence, messaging.transaction_log, messaging.sent, messaging.outbox, messaging.inbox,
       messaging.inbox_position, messaging.dead_letter`,
  );
  await query(
    pool,
    `INSERT INTO asset.account SELECT 'user-' || id, 'USDT', 1000000, 0 FROM generate_series(1, 9) AS id`,
  );
}

export function creatorOn(pool: Pool, sender: HalfSender, clock: Pick<Clock, 'after'>): OrderCreator {
  return new OrderCreator({
    transactions: new LocalTransactions({ pool, sender, topic: TOPIC, log: silentLog }),
    timeout: { topic: 'order-timeout-topic', afterMs: 60_000 },
    clock,
  });
}

export function orderOf(outcome: CreateOutcome): Order {
  if (outcome.kind === 'Refused') throw new Error(`the order was refused: ${outcome.reason}`);
  return outcome.order;
}

/** A message cluster of which only the fate of each half message matters. */
export class FakeSender implements HalfSender {
  readonly sent: OrderedMessage<Tag>[] = [];
  readonly committed: string[] = [];
  readonly rolledBack: string[] = [];
  /** Runs while the half message is on its way, inside the local transaction. */
  onSend: () => Promise<void> = () => Promise.resolve();

  async sendHalf(message: OrderedMessage<Tag>): Promise<HalfMessage> {
    this.sent.push(message);
    await this.onSend();
    return {
      commit: () => Promise.resolve(void this.committed.push(message.messageId)),
      rollback: () => Promise.resolve(void this.rolledBack.push(message.messageId)),
    };
  }
}
