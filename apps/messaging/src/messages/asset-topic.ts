import * as z from 'zod';
import {
  addsUp,
  coinName,
  decimalString,
  epochMs,
  idString,
  orderNo,
  signedDecimalString,
  userId,
} from './fields.ts';

/** Bodies of asset-topic: ordered and transactional, the message group is the user id. Keys: "asset_456_BTC". */

export const businessType = {
  deposit: 1,
  withdraw: 2,
  buy: 3,
  sell: 4,
} as const;

/** One change of a user's balance in one coin, as its flow record says it. */
export const assetChangeBody = z
  .object({
    user_id: userId,
    coin_id: idString,
    coin_name: coinName,
    business_type: z.literal(Object.values(businessType)),
    /** What the balance changed by, the fee included. */
    amount: signedDecimalString,
    balance_before: decimalString,
    balance_after: decimalString,
    fee: decimalString,
    /** The order that it settles; absent for a deposit or a withdrawal. */
    ref_order_no: orderNo.optional(),
    change_time: epochMs,
  })
  .refine(({ amount, balance_before, balance_after }) => addsUp(balance_before, amount, balance_after), {
    path: ['balance_after'],
    error: 'must be balance_before + amount',
  });
export type AssetChangeBody = z.infer<typeof assetChangeBody>;
