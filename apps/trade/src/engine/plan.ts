import { lesserOf, type Decimal } from '@gantry/service';
import type { NewOrder, OpenOrder } from './types.ts';

interface Take {
  readonly maker: OpenOrder;
  readonly amount: Decimal;
}

export interface Plan {
  readonly takes: readonly Take[];
  /** Why it takes no more. */
  readonly end: 'Filled' | 'NothingMore' | 'OwnOrder';
}

/** What a new order takes from the orders of the other side, given in their priority. */
export function planTakes(taker: NewOrder, makers: Iterable<OpenOrder>): Plan {
  const takes: Take[] = [];
  let { amount: open, budget } = taker;
  for (const maker of makers) {
    if (!accepts(taker, maker.price)) break;
    // Ahead of it may be others of the same price, which were there first; past it nothing is taken.
    if (maker.userId === taker.userId) return { takes, end: 'OwnOrder' };
    const wanted = lesserOf(open, openAmount(maker));
    const amount = budget === undefined ? wanted : lesserOf(wanted, budget.div(maker.price));
    if (!amount.eq('0')) takes.push({ maker, amount });
    open = open.minus(amount);
    budget = budget?.minus(amount.times(maker.price));
    if (open.eq('0')) return { takes, end: 'Filled' };
    // The budget pays for no more at this price, and the next one is no better: whose it is does not matter.
    if (amount.lt(wanted)) break;
  }
  return { takes, end: 'NothingMore' };
}

export function openAmount({ amount, executedAmount }: OpenOrder): Decimal {
  return amount.minus(executedAmount);
}

function accepts({ direction, price }: NewOrder, offered: Decimal): boolean {
  if (price === undefined) return true;
  return direction === 'BUY' ? offered.lte(price) : offered.gte(price);
}
