import type { Clock, Envelope, EffectsByTag } from '@gantry/messaging';
import { Decimal, type LocalTransaction } from '@gantry/service';
import type { PoolClient } from 'pg';
import * as z from 'zod';
import { applyMovements } from './accounts.ts';
import { releaseRest, settleMatch, type OrderFreeze, type Settlement } from './settle.ts';

const decimal = z.string().transform((text) => new Decimal(text));

const freezeRow = z.object({
  order_id: z.string(),
  order_no: z.string(),
  user_id: z.string(),
  direction: z.enum(['BUY', 'SELL']),
  price: decimal.nullable(),
  base_coin: z.string(),
  quote_coin: z.string(),
  set_aside: decimal,
  remaining: decimal,
  closed: z.boolean(),
});

/** What the messages of trade-topic do to accounts. */
export function settlementEffects(clock: Pick<Clock, 'now'>): EffectsByTag<LocalTransaction> {
  const finish = async (
    local: LocalTransaction,
    { movements, uses }: Settlement,
    traceId: string,
  ): Promise<void> => {
    await applyMovements(local, movements, { traceId, now: clock.now() });
    // After the accounts, whose locks already make the messages of one order wait for each other.
    for (const { orderId, amount } of uses)
      await local.client.query(
        'UPDATE asset.order_freeze SET remaining = remaining - $2 WHERE order_id = $1',
        [orderId, amount.toFixed()],
      );
  };
  return {
    async MATCH_RESULT({ header, body }, local) {
      const [maker, taker] = [
        await readFreeze(local.client, body.maker_order_id),
        await readFreeze(local.client, body.taker_order_id),
      ];
      await finish(local, settleMatch(body, maker, taker), header.trace_id);
    },
    async ORDER_CLOSED({ header, body }, local) {
      const freeze = await readFreeze(local.client, body.order_id);
      await finish(local, releaseRest(body, freeze), header.trace_id);
      await local.client.query('UPDATE asset.order_freeze SET closed = true WHERE order_id = $1', [
        body.order_id,
      ]);
    },
    TRADE_BATCH: 'Skip',
  };
}

async function readFreeze(client: PoolClient, orderId: string): Promise<OrderFreeze> {
  const { rows } = await client.query('SELECT * FROM asset.order_freeze WHERE order_id = $1', [orderId]);
  if (rows.length === 0) throw new Error(`nothing was ever set aside for order ${orderId}`);
  const row = freezeRow.parse(rows[0]);
  return {
    orderId: row.order_id,
    orderNo: row.order_no,
    userId: row.user_id,
    direction: row.direction,
    price: row.price ?? undefined,
    baseCoin: row.base_coin,
    quoteCoin: row.quote_coin,
    setAside: row.set_aside,
    remaining: row.remaining,
    closed: row.closed,
  };
}

/**
 * The service's own reading of what it tells: each change has to begin where the one before it on that account ended. One
 * that does not stops its user's changes, and is seen.
 */
export async function followBalance({ body }: Envelope<'ASSET_CHANGE'>, client: PoolClient): Promise<void> {
  const { user_id: userId, coin_name: coin, balance_before: before, balance_after: after } = body;
  await client.query(`INSERT INTO asset.told_balance VALUES ($1, $2, 0) ON CONFLICT DO NOTHING`, [
    userId,
    coin,
  ]);
  const followed = await client.query(
    'UPDATE asset.told_balance SET balance = $4 WHERE user_id = $1 AND coin_name = $2 AND balance = $3',
    [userId, coin, before, after],
  );
  if (followed.rowCount !== 1)
    throw new Error(`the change of ${userId} in ${coin} does not begin where the one before it ended`);
}
