import { ZERO, type Decimal } from '@gantry/service';
import { openAmount, planTakes, type Plan } from './plan.ts';
import { Side } from './side.ts';
import type { Closed, CloseReason, Direction, Fill, NewOrder, OpenOrder, Outcome } from './types.ts';

const NOTHING: Outcome = { fills: [], closed: [], resting: [] };

/**
 * The open orders of one symbol, matched by price, then time. It knows no clock, no ids of its own and no I/O: the same
 * commands in the same order have the same outcomes, and a book made of the open orders of another goes on as that one.
 */
export class Book {
  readonly #sides: Readonly<Record<Direction, Side>> = { BUY: new Side('BUY'), SELL: new Side('SELL') };
  readonly #open = new Map<string, OpenOrder>();

  /** @param open orders that rest, first come first */
  constructor(open: Iterable<OpenOrder>) {
    for (const order of open) this.#rest(order);
  }

  /** First come first. */
  get open(): readonly OpenOrder[] {
    return [...this.#open.values()];
  }

  place(order: NewOrder): Outcome {
    const plan = planTakes(order, this.#sides[opposite(order.direction)].inPriority());
    if (order.timeInForce === 'FOK' && plan.end !== 'Filled')
      return { ...NOTHING, closed: [closed(order, ZERO, ZERO, reasonOf(plan))] };
    return this.#execute(order, plan);
  }

  /** Does nothing for an order that does not rest: it ended before. */
  cancel(orderId: string, reason: CloseReason): Outcome {
    const order = this.#open.get(orderId);
    if (order === undefined) return NOTHING;
    this.#remove(order);
    return { ...NOTHING, closed: [closed(order, order.executedAmount, order.executedValue, reason)] };
  }

  #execute(order: NewOrder, plan: Plan): Outcome {
    const fills: Fill[] = [];
    const ended: Closed[] = [];
    const resting: OpenOrder[] = [];
    let [executedAmount, executedValue] = [ZERO, ZERO];
    for (const { maker, amount } of plan.takes) {
      const fill = fillOf(order, maker, amount);
      fills.push(fill);
      executedAmount = executedAmount.plus(amount);
      executedValue = executedValue.plus(fill.value);
      const after = this.#executeMaker(maker, fill);
      if (openAmount(after).eq('0'))
        ended.push(closed(after, after.executedAmount, after.executedValue, undefined));
      else resting.push(after);
    }
    if (plan.end === 'NothingMore' && order.price !== undefined && order.timeInForce === 'GTC') {
      const { orderId, userId, direction, price, amount } = order;
      const open = { orderId, userId, direction, price, amount, executedAmount, executedValue };
      this.#rest(open);
      resting.push(open);
    } else ended.push(closed(order, executedAmount, executedValue, reasonOf(plan)));
    return { fills, closed: ended, resting };
  }

  #executeMaker(maker: OpenOrder, { amount, value }: Fill): OpenOrder {
    const after = {
      ...maker,
      executedAmount: maker.executedAmount.plus(amount),
      executedValue: maker.executedValue.plus(value),
    };
    if (openAmount(after).eq('0')) this.#remove(after);
    else this.#rest(after);
    return after;
  }

  #rest(order: OpenOrder): void {
    this.#open.set(order.orderId, order);
    this.#sides[order.direction].put(order);
  }

  #remove(order: OpenOrder): void {
    this.#open.delete(order.orderId);
    this.#sides[order.direction].remove(order);
  }
}

function opposite(direction: Direction): Direction {
  return direction === 'BUY' ? 'SELL' : 'BUY';
}

function fillOf(taker: NewOrder, maker: OpenOrder, amount: Decimal): Fill {
  return {
    makerOrderId: maker.orderId,
    makerUserId: maker.userId,
    takerOrderId: taker.orderId,
    takerUserId: taker.userId,
    takerDirection: taker.direction,
    price: maker.price,
    amount,
    value: maker.price.times(amount),
  };
}

function reasonOf({ end }: Plan): CloseReason | undefined {
  if (end === 'Filled') return undefined;
  return end === 'OwnOrder' ? 'SELF_TRADE' : 'IMMEDIATE';
}

function closed(
  { orderId, userId }: Pick<OpenOrder, 'orderId' | 'userId'>,
  executedAmount: Decimal,
  executedValue: Decimal,
  reason: CloseReason | undefined,
): Closed {
  return { orderId, userId, reason, executedAmount, executedValue };
}
