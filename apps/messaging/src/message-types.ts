import * as z from 'zod';

/**
 * The bodies that travel, one zod schema per tag. A body only ever grows optional fields; a change that an old
 * reader would misread raises `version`, and readers keep the older schemas beside it.
 */

/** A decimal number as a string: money is never a JSON number, whose 53 bits silently round. */
export const decimalString = z.string().regex(/^(0|[1-9]\d{0,19})(\.\d{1,18})?$/, {
  error: 'must be a decimal string such as "50000.00"',
  // What follows a decimal may compute with it.
  abort: true,
});

/** Of a signed bigint, as Postgres has it. */
const MAX_ID = 2n ** 63n - 1n;

/** A 64-bit id as a decimal string, for the same reason. */
export const idString = z
  .string()
  .regex(/^[1-9]\d{0,18}$/, { error: 'must be a positive integer as a string', abort: true })
  .refine((text) => BigInt(text) <= MAX_ID, 'must fit in 64 bits');

/** User ids are also RocketMQ message groups, so they keep to characters that need no escaping there. */
export const userId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"');

export const symbol = z
  .string()
  .regex(/^[A-Z0-9]{2,20}$/, 'must be 2 to 20 capital letters or digits, such as "BTCUSDT"');

export const orderType = z.enum(['LIMIT', 'MARKET']);
export const direction = z.enum(['BUY', 'SELL']);
export const timeInForce = z.enum(['GTC', 'IOC', 'FOK']);
export const orderSource = z.enum(['WEB', 'APP', 'API']);
export const orderStatus = z.enum(['PENDING', 'ACCEPTED']);

export const orderCreateBody = z.object({
  order_id: idString,
  order_no: z.string().regex(/^ORD\d{11,}$/),
  user_id: userId,
  symbol,
  order_type: orderType,
  direction,
  /** Absent for a MARKET order. */
  price: decimalString.optional(),
  amount: decimalString,
  status: orderStatus,
  time_in_force: timeInForce,
  source: orderSource,
});
export type OrderCreateBody = z.infer<typeof orderCreateBody>;

/** Every tag that a message may carry, with the version that this code writes. */
export const messageTypes = {
  ORDER_CREATE: { version: 1, body: orderCreateBody },
} as const satisfies Readonly<Record<string, { readonly version: number; readonly body: z.ZodType }>>;

export type Tag = keyof typeof messageTypes;
export type BodyOf<T extends Tag> = z.infer<(typeof messageTypes)[T]['body']>;

export function isTag(tag: string): tag is Tag {
  return Object.hasOwn(messageTypes, tag);
}
