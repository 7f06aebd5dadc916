import { Decimal, roundDown } from '@gantry/service';
import type { Command } from './commands.ts';
import type { Book, Closed, Fill, NewOrder, OpenOrder, Outcome } from './engine/mod.ts';

/** Shares of what a side receives, such as 0.001. */
export interface FeeRates {
  readonly maker: Decimal;
  readonly taker: Decimal;
}

/** How an order stands after the commands so far. */
export type OrderState =
  | { readonly status: 'OPEN'; readonly order: OpenOrder }
  | { readonly status: 'CLOSED'; readonly order: Closed };

export interface Trade {
  readonly fill: Fill;
  readonly makerFee: Decimal;
  readonly takerFee: Decimal;
  readonly traceId: string;
}

export interface Ended {
  readonly closed: Closed;
  readonly traceId: string;
}

/** What a row of commands did to a book. */
export interface Batch {
  readonly placed: readonly { readonly order: NewOrder; readonly position: number }[];
  readonly trades: readonly Trade[];
  readonly ended: readonly Ended[];
  /** By order id, only the last of each. */
  readonly states: ReadonlyMap<string, OrderState>;
}

/** Applies commands to a book in memory; what comes of them is to be written, or the book to be thrown away. */
export function applyCommands(book: Book, commands: readonly Command[], rates: FeeRates): Batch {
  const placed: { order: NewOrder; position: number }[] = [];
  const trades: Trade[] = [];
  const ended: Ended[] = [];
  const states = new Map<string, OrderState>();
  for (const command of commands) {
    const { traceId } = command;
    if (command.tag === 'ORDER_CREATE') placed.push({ order: toOrder(command), position: command.position });
    const { fills, closed, resting } = applyOne(book, command);
    for (const fill of fills) trades.push({ fill, traceId, ...feesOf(fill, rates) });
    for (const order of resting) states.set(order.orderId, { status: 'OPEN', order });
    for (const order of closed) {
      states.set(order.orderId, { status: 'CLOSED', order });
      ended.push({ closed: order, traceId });
    }
  }
  return { placed, trades, ended, states };
}

function applyOne(book: Book, command: Command): Outcome {
  return command.tag === 'ORDER_CREATE'
    ? book.place(toOrder(command))
    : book.cancel(command.body.order_id, command.body.reason);
}

function toOrder({ body }: Command & { readonly tag: 'ORDER_CREATE' }): NewOrder {
  return {
    orderId: body.order_id,
    userId: body.user_id,
    direction: body.direction,
    price: body.price === undefined ? undefined : new Decimal(body.price),
    amount: new Decimal(body.amount),
    budget: body.budget === undefined ? undefined : new Decimal(body.budget),
    timeInForce: body.time_in_force,
  };
}

/** Who buys receives the amount, who sells the value. */
export function feesOf(
  { takerDirection, amount, value }: Fill,
  rates: FeeRates,
): { readonly makerFee: Decimal; readonly takerFee: Decimal } {
  const [takerReceives, makerReceives] = takerDirection === 'BUY' ? [amount, value] : [value, amount];
  return {
    makerFee: roundDown(makerReceives.times(rates.maker)),
    takerFee: roundDown(takerReceives.times(rates.taker)),
  };
}
