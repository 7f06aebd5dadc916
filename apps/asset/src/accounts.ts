import type { AssetChangeBody } from '@gantry/messaging';
import { Decimal, type LocalTransaction } from '@gantry/service';
import type { PoolClient } from 'pg';
import * as z from 'zod';
import type { FlowOrigin, Movement } from './settle.ts';

export interface Cause {
  readonly traceId: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

const decimal = z.string().transform((text) => new Decimal(text));

const accountRow = z.object({
  user_id: z.string(),
  coin_name: z.string(),
  coin_id: z.string(),
  available: decimal,
  frozen: decimal,
});
type Account = z.infer<typeof accountRow>;

/**
 * Moves what accounts have, with a flow record and its ASSET_CHANGE for each change of a balance. The accounts are locked
 * and the places of the messages taken by user and coin, so that two that move the same ones wait for each other.
 */
export async function applyMovements(
  local: LocalTransaction,
  movements: readonly Movement[],
  cause: Cause,
): Promise<void> {
  const inOrder = movements.toSorted((a, b) => compare(a.userId, b.userId) || compare(a.coin, b.coin));
  const accounts = await lockAccounts(local.client, inOrder);
  for (const movement of inOrder) {
    const account = accounts.get(keyOf(movement.userId, movement.coin));
    if (!account) throw new Error(`${movement.userId} has no account in ${movement.coin}`);
    await updateAccount(local.client, movement);
    if (movement.flow) await recordFlow(local, { account, movement, flow: movement.flow, cause });
  }
}

async function lockAccounts(
  client: PoolClient,
  movements: readonly Movement[],
): Promise<ReadonlyMap<string, Account>> {
  const values = [movements.map(({ userId }) => userId), movements.map(({ coin }) => coin)];
  await client.query(
    `INSERT INTO asset.account (user_id, coin_name, available, frozen)
     SELECT user_id, coin_name, 0, 0 FROM unnest($1::text[], $2::text[]) AS moved (user_id, coin_name)
     ORDER BY user_id, coin_name ON CONFLICT DO NOTHING`,
    values,
  );
  const { rows } = await client.query(
    `SELECT a.*, c.coin_id FROM asset.account a JOIN asset.coin c USING (coin_name)
     WHERE (a.user_id, a.coin_name) IN (SELECT * FROM unnest($1::text[], $2::text[]))
     ORDER BY a.user_id, a.coin_name FOR UPDATE OF a`,
    values,
  );
  return new Map(
    rows.map((row) => {
      const account = accountRow.parse(row);
      return [keyOf(account.user_id, account.coin_name), account] as const;
    }),
  );
}

async function updateAccount(
  client: PoolClient,
  { userId, coin, available, frozen }: Movement,
): Promise<void> {
  await client.query(
    `UPDATE asset.account SET available = available + $3, frozen = frozen + $4
     WHERE user_id = $1 AND coin_name = $2`,
    [userId, coin, available.toFixed(), frozen.toFixed()],
  );
}

interface FlowRecord {
  /** As it was before. */
  readonly account: Account;
  readonly movement: Movement;
  readonly flow: FlowOrigin;
  readonly cause: Cause;
}

async function recordFlow(local: LocalTransaction, record: FlowRecord): Promise<void> {
  const { account, movement, flow, cause } = record;
  const amount = movement.available.plus(movement.frozen);
  const before = account.available.plus(account.frozen);
  const body: AssetChangeBody = {
    user_id: movement.userId,
    coin_id: account.coin_id,
    coin_name: movement.coin,
    business_type: flow.businessType,
    amount: amount.toFixed(),
    balance_before: before.toFixed(),
    balance_after: before.plus(amount).toFixed(),
    fee: flow.fee.toFixed(),
    ...(flow.orderNo === undefined ? {} : { ref_order_no: flow.orderNo }),
    change_time: cause.now,
  };
  const { messageId } = await local.send({
    tag: 'ASSET_CHANGE',
    keys: `asset_${movement.userId}_${movement.coin}`,
    messageGroup: movement.userId,
    traceId: cause.traceId,
    body,
  });
  await local.client.query(
    `INSERT INTO asset.flow (user_id, coin_name, business_type, amount, balance_before, balance_after, fee, order_no,
       match_id, deposit_id, message_id, changed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    [
      body.user_id,
      body.coin_name,
      body.business_type,
      body.amount,
      body.balance_before,
      body.balance_after,
      body.fee,
      flow.orderNo ?? null,
      flow.matchId ?? null,
      flow.depositId ?? null,
      messageId,
      new Date(cause.now),
    ],
  );
}

function keyOf(userId: string, coin: string): string {
  return `${userId} ${coin}`;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
