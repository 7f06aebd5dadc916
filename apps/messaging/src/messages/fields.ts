import { Big } from 'big.js';
import * as z from 'zod';

/** Fields that the bodies of several topics have. */

// Throws on JavaScript numbers, which cannot hold money.
const Decimal = Big();
Decimal.strict = true;

/** A decimal number as a string: money is never a JSON number, whose 53 bits silently round. */
export const decimalString = z.string().regex(/^(0|[1-9]\d{0,19})(\.\d{1,18})?$/, {
  error: 'must be a decimal string such as "50000.00"',
  // What follows a decimal may compute with it.
  abort: true,
});

/** A decimal that may be below zero. There is one zero: "-0" would be another spelling of it. */
export const signedDecimalString = z.string().regex(/^(?!-0(\.0+)?$)-?(0|[1-9]\d{0,19})(\.\d{1,18})?$/, {
  error: 'must be a decimal string such as "-0.001"',
  abort: true,
});

/** Whether `a + b = sum`, exactly. */
export function addsUp(a: string, b: string, sum: string): boolean {
  return new Decimal(a).plus(b).eq(sum);
}

/** Of a signed bigint, as Postgres has it. */
const MAX_ID = 2n ** 63n - 1n;

/** A 64-bit id as a decimal string, for the same reason. */
export const idString = z
  .string()
  .regex(/^[1-9]\d{0,18}$/, { error: 'must be a positive integer as a string', abort: true })
  .refine((text) => BigInt(text) <= MAX_ID, 'must fit in 64 bits');

const shortId = () =>
  z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"');

/** By which a client asks for the same thing again. */
export const requestId = shortId();

/** User ids are also RocketMQ message groups, so they keep to characters that need no escaping there. */
export const userId = shortId();

export const symbol = z
  .string()
  .regex(/^[A-Z0-9]{2,20}$/, 'must be 2 to 20 capital letters or digits, such as "BTCUSDT"');

export const coinName = z
  .string()
  .regex(/^[A-Z0-9]{1,20}$/, 'must be 1 to 20 capital letters or digits, such as "BTC"');

/** "ORD", the UTC date, and the order id in at least three digits. */
export const orderNo = z.string().regex(/^ORD\d{11,}$/, 'must be an order number such as "ORD20240101001"');
/** "TRD", the UTC date, and the trade id in at least three digits. */
export const tradeNo = z.string().regex(/^TRD\d{11,}$/, 'must be a trade number such as "TRD20240101001"');

/** Epoch milliseconds. */
export const epochMs = z.number().int().nonnegative();

export const orderType = z.enum(['LIMIT', 'MARKET']);
export const direction = z.enum(['BUY', 'SELL']);
export const timeInForce = z.enum(['GTC', 'IOC', 'FOK']);
export const orderSource = z.enum(['WEB', 'APP', 'API']);
export const orderStatus = z.enum(['PENDING', 'ACCEPTED', 'PARTIALLY_FILLED', 'FILLED', 'CANCELLED']);
