import { businessType, coinName, query, requestId, userId, type Clock } from '@gantry/messaging';
import { Decimal, money, ZERO, type LocalTransactions } from '@gantry/service';
import type { Pool } from 'pg';
import * as z from 'zod';
import { applyMovements } from './accounts.ts';

/** The body of `POST /deposits`. */
export const depositRequest = z.strictObject({
  /** Chosen by the client; sending it again deposits nothing more. */
  deposit_id: requestId,
  user_id: userId,
  coin_name: coinName,
  amount: money,
});
export type DepositRequest = z.infer<typeof depositRequest>;

export type DepositOutcome =
  | { readonly kind: 'Deposited' | 'Existing'; readonly deposit: DepositRequest }
  /** The deposit id names another deposit. */
  | { readonly kind: 'Conflict' }
  | { readonly kind: 'UnknownCoin' };

export interface Balance {
  readonly coin_name: string;
  readonly available: string;
  readonly frozen: string;
}

/** Adds to an account what came from outside; the flow record and its message in the same transaction. */
export async function deposit(
  transactions: LocalTransactions,
  request: DepositRequest,
  { traceId, clock }: { readonly traceId: string; readonly clock: Pick<Clock, 'now'> },
): Promise<DepositOutcome> {
  return transactions.run(async (local): Promise<DepositOutcome> => {
    const { deposit_id: depositId, user_id, coin_name, amount } = request;
    const coins = await local.client.query('SELECT FROM asset.coin WHERE coin_name = $1', [coin_name]);
    if (coins.rowCount === 0) return { kind: 'UnknownCoin' };
    const inserted = await local.client.query(
      `INSERT INTO asset.deposit (deposit_id, user_id, coin_name, amount) VALUES ($1, $2, $3, $4)
       ON CONFLICT DO NOTHING`,
      [depositId, user_id, coin_name, amount],
    );
    if (inserted.rowCount === 0) {
      const same = await local.client.query(
        `SELECT FROM asset.deposit WHERE deposit_id = $1 AND user_id = $2 AND coin_name = $3 AND amount = $4`,
        [depositId, user_id, coin_name, amount],
      );
      return same.rowCount === 1 ? { kind: 'Existing', deposit: request } : { kind: 'Conflict' };
    }
    const movement = {
      userId: user_id,
      coin: coin_name,
      available: new Decimal(amount),
      frozen: ZERO,
      flow: { businessType: businessType.deposit, fee: ZERO, depositId },
    };
    await applyMovements(local, [movement], { traceId, now: clock.now() });
    return { kind: 'Deposited', deposit: request };
  });
}

export function balancesOf(pool: Pool, user: string): Promise<readonly Balance[]> {
  return query<Balance & Record<string, string>>(
    pool,
    'SELECT coin_name, available, frozen FROM asset.account WHERE user_id = $1 ORDER BY coin_name',
    [user],
  );
}
