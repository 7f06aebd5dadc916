import { decimalString } from '@gantry/messaging';
import { Big } from 'big.js';

/** What an amount or a price may have after its point. Fees and what a budget pays for are rounded down to it. */
export const MONEY_DECIMALS = 8;
/** What an amount or a price may have before its point: the product of two fits into a message's decimal. */
const MONEY_DIGITS = 10;

/**
 * Exact but for division, which rounds down to `MONEY_DECIMALS`. Throws on JavaScript numbers, which cannot hold money.
 */
export const Decimal = Big();
Decimal.strict = true;
Decimal.DP = MONEY_DECIMALS;
Decimal.RM = Decimal.roundDown;
export type Decimal = Big;

export const ZERO = new Decimal('0');

export function lesserOf(a: Decimal, b: Decimal): Decimal {
  return a.lt(b) ? a : b;
}

export function roundDown(value: Decimal): Decimal {
  return value.round(MONEY_DECIMALS, Decimal.roundDown);
}

/** A price or an amount as clients may send it. */
export const money = decimalString
  .refine((text) => new Decimal(text).gt('0'), { error: 'must be greater than zero', abort: true })
  .refine(
    fits,
    `may have ${String(MONEY_DIGITS)} digits before its point and ${String(MONEY_DECIMALS)} after it`,
  );

function fits(text: string): boolean {
  const [whole = '', decimals = ''] = text.split('.');
  return whole.length <= MONEY_DIGITS && decimals.length <= MONEY_DECIMALS;
}
