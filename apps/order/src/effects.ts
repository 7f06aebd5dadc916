import type { EffectsByTag, Envelope } from '@gantry/messaging';
import type { LocalTransaction } from '@gantry/service';
import type { PoolClient } from 'pg';
import { askForCancel } from './cancel-order.ts';
import { orderTradeMessage } from './order-message.ts';
import { acceptOrder, closeOrder, fillOrder } from './order-store.ts';

type OrderTag = 'ORDER_CREATE' | 'ORDER_TRADE' | 'ORDER_CANCEL';

/** What the service's own messages do, in the sequence of each user. */
export const orderEffects: EffectsByTag<PoolClient> = {
  async ORDER_CREATE(envelope, client) {
    await acceptOrder(client, sequenceOf(envelope), envelope.body);
    await recordEvent(envelope, client);
  },
  ORDER_TRADE: recordEvent,
  ORDER_CANCEL: recordEvent,
};

/** What the matching engine tells. */
export const tradeEffects: EffectsByTag<LocalTransaction> = {
  async MATCH_RESULT({ header, body }, local) {
    const sides = [
      { orderId: body.maker_order_id, userId: body.maker_user_id, fee: body.maker_fee },
      { orderId: body.taker_order_id, userId: body.taker_user_id, fee: body.taker_fee },
    ].toSorted((a, b) => (a.userId < b.userId ? -1 : 1));
    // Both places before both rows, in one order: two matches of the same users wait for each other.
    const placed = [];
    for (const side of sides) placed.push({ side, place: await local.place(side.userId) });
    for (const { side, place } of placed) {
      const order = await fillOrder(local.client, body, side);
      await local.send(orderTradeMessage(order, body, side.fee, header.trace_id), place);
    }
  },
  async ORDER_CLOSED({ body }, { client }) {
    await closeOrder(client, body);
  },
  TRADE_BATCH: 'Skip',
};

export const timeoutEffects: EffectsByTag<LocalTransaction> = {
  async ORDER_TIMEOUT({ header, body }, local) {
    const outcome = await askForCancel(local, body.order_id, 'TIMEOUT', header.trace_id);
    if (outcome.kind === 'NotFound') throw new Error(`there is no order ${body.order_id} to time out`);
  },
};

/** The unique keys of order_events refuse a second application, whatever the inbox thinks. */
async function recordEvent(envelope: Envelope<OrderTag>, client: PoolClient): Promise<void> {
  const { order_id: orderId } = envelope.body;
  const recorded = await client.query(
    `INSERT INTO orders.order_events (user_id, sequence, order_id, type, message_id)
     SELECT user_id, $2, order_id, $3, $4 FROM orders.orders WHERE order_id = $1`,
    [orderId, sequenceOf(envelope), envelope.header.tags, envelope.header.message_id],
  );
  if (recorded.rowCount !== 1) throw new Error(`there is no order ${orderId}`);
}

function sequenceOf({ header }: Envelope<OrderTag>): number {
  if (header.sequence === undefined) throw new Error(`a ${header.tags} without sequence passed the inbox`);
  return header.sequence;
}
