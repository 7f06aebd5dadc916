import { direction, orderSource, orderType, requestId, symbol, timeInForce, userId } from '@gantry/messaging';
import { Decimal, money } from '@gantry/service';
import * as z from 'zod';

/** The body of `POST /orders`. Unknown fields are refused: a misspelt `price` must not become a MARKET order. */
export const orderRequest = z
  .strictObject({
    /** Chosen by the client; sending it again returns the same order instead of making another. */
    client_order_id: requestId,
    user_id: userId,
    symbol,
    order_type: orderType,
    direction,
    price: money.optional(),
    amount: money,
    time_in_force: timeInForce.default('GTC'),
    source: orderSource.default('API'),
  })
  .superRefine((order, context) => {
    const refuse = (message: string) => context.addIssue({ code: 'custom', path: ['price'], message });
    if (order.order_type === 'LIMIT' && order.price === undefined) refuse('is required for a LIMIT order');
    if (order.order_type === 'MARKET' && order.price !== undefined)
      refuse('must be absent for a MARKET order');
  });

export type OrderRequest = z.infer<typeof orderRequest>;

/** Whether two requests ask for the same order: "1.0" and "1.00" are the same amount. */
export function sameContent(a: OrderRequest, b: OrderRequest): boolean {
  const text = ({
    user_id,
    symbol: pair,
    order_type,
    direction: side,
    time_in_force,
    source,
  }: OrderRequest) => JSON.stringify([user_id, pair, order_type, side, time_in_force, source]);
  return text(a) === text(b) && sameDecimal(a.price, b.price) && sameDecimal(a.amount, b.amount);
}

function sameDecimal(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return new Decimal(a).eq(b);
}
