import type { NewOrder } from '../types.ts';

/**
 * The rules once more, in the most obvious way: integers of 10^-8, one list, and a sort for each trade. It shares no code
 * with the book.
 */

interface Resting {
  readonly id: string;
  readonly user: string;
  readonly buys: boolean;
  readonly price: bigint;
  readonly amount: bigint;
  /** Its place in time. */
  readonly place: number;
  left: bigint;
}

const ONE = 10n ** 8n;

const units = (text: string): bigint => {
  const [whole = '', decimals = ''] = text.split('.');
  return BigInt(whole + decimals.padEnd(8, '0'));
};

export class NaiveBook {
  #resting: Resting[] = [];
  #places = 0;

  /** Lines such as "fill maker taker amount" and "closed id reason executed"; amounts in units. */
  place(order: NewOrder): readonly string[] {
    const before = this.#resting.map((one) => ({ ...one }));
    const [lines, taker, stopped] = this.#take(order);
    if (taker.left === 0n) return [...lines, this.#close(taker, 'FILLED')];
    if (order.timeInForce === 'FOK') {
      this.#resting = before;
      return [this.#close({ ...taker, left: taker.amount }, stopped ? 'SELF_TRADE' : 'IMMEDIATE')];
    }
    if (stopped) return [...lines, this.#close(taker, 'SELF_TRADE')];
    if (order.price === undefined || order.timeInForce !== 'GTC')
      return [...lines, this.#close(taker, 'IMMEDIATE')];
    this.#resting.push(taker);
    return lines;
  }

  cancel(id: string, reason: string): readonly string[] {
    const order = this.#resting.find((one) => one.id === id);
    if (!order) return [];
    this.#resting = this.#resting.filter((one) => one !== order);
    return [this.#close(order, reason)];
  }

  #take(order: NewOrder): [string[], Resting, boolean] {
    const lines: string[] = [];
    const amount = units(order.amount.toFixed());
    const price = order.price === undefined ? -1n : units(order.price.toFixed());
    let budget = order.budget === undefined ? undefined : units(order.budget.toFixed()) * ONE;
    const taker: Resting = {
      id: order.orderId,
      user: order.userId,
      buys: order.direction === 'BUY',
      price,
      amount,
      place: (this.#places += 1),
      left: amount,
    };
    for (;;) {
      const [best] = this.#resting
        .filter((one) => one.buys !== taker.buys)
        .filter((one) => price < 0n || (taker.buys ? one.price <= price : one.price >= price))
        .toSorted((a, b) => Number(taker.buys ? a.price - b.price : b.price - a.price) || a.place - b.place);
      if (!best || taker.left === 0n) return [lines, taker, false];
      if (best.user === taker.user) return [lines, taker, true];
      let size = best.left < taker.left ? best.left : taker.left;
      if (budget !== undefined && size * best.price > budget) size = budget / best.price;
      if (size === 0n) return [lines, taker, false];
      if (budget !== undefined) budget -= size * best.price;
      best.left -= size;
      taker.left -= size;
      lines.push(`fill ${best.id} ${taker.id} ${String(best.price)} ${String(size)}`);
      if (best.left === 0n) {
        lines.push(this.#close(best, 'FILLED'));
        this.#resting = this.#resting.filter((one) => one !== best);
      }
    }
  }

  #close({ id, amount, left }: Resting, reason: string): string {
    return `closed ${id} ${reason} ${String(amount - left)}`;
  }
}
