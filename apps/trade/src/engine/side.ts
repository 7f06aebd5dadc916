import type { Decimal } from '@gantry/service';
import type { Direction, OpenOrder } from './types.ts';

interface Level {
  readonly price: Decimal;
  /** By order id, in the order of arrival. */
  readonly orders: Map<string, OpenOrder>;
}

/** The orders of one direction, best price first, then first come. */
export class Side {
  readonly #direction: Direction;
  readonly #levels: Level[] = [];

  constructor(direction: Direction) {
    this.#direction = direction;
  }

  /** Adds an order behind the others of its price, or puts its new amounts in its place. */
  put(order: OpenOrder): void {
    const index = this.#indexOf(order.price);
    const level = this.#levels[index];
    if (level?.price.eq(order.price) === true) level.orders.set(order.orderId, order);
    else this.#levels.splice(index, 0, { price: order.price, orders: new Map([[order.orderId, order]]) });
  }

  remove({ orderId, price }: OpenOrder): void {
    const index = this.#indexOf(price);
    const orders = this.#levels[index]?.orders;
    orders?.delete(orderId);
    if (orders?.size === 0) this.#levels.splice(index, 1);
  }

  /** Nothing may be put or removed while it is read. */
  *inPriority(): Generator<OpenOrder> {
    for (const { orders } of this.#levels) yield* orders.values();
  }

  /** Where the level of this price is, or would be. */
  #indexOf(price: Decimal): number {
    let low = 0;
    let high = this.#levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = this.#levels[middle]?.price;
      if (there !== undefined && this.#isBetter(there, price)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #isBetter(a: Decimal, b: Decimal): boolean {
    return this.#direction === 'BUY' ? a.gt(b) : a.lt(b);
  }
}
