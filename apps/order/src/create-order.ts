import type { Clock } from '@gantry/messaging';
import { appendToOutbox, type LocalTransaction, type LocalTransactions, type Place } from '@gantry/service';
import { KeyedTurns } from './keyed-turns.ts';
import { orderCreateMessage, orderTimeoutMessage } from './order-message.ts';
import { sameContent, type OrderRequest } from './order-request.ts';
import {
  findByClientOrderId,
  freezeFor,
  insertOrder,
  nextOrderId,
  requestOf,
  type FreezeAnswer,
  type Order,
} from './order-store.ts';

type Refusal = Exclude<FreezeAnswer['outcome'], 'Frozen'>;

export type CreateOutcome =
  | { readonly kind: 'Created' | 'Existing'; readonly order: Order }
  /** The client order id names another order of this user. */
  | { readonly kind: 'Conflict'; readonly order: Order }
  /** There is no such market, or the user has not enough. */
  | { readonly kind: 'Refused'; readonly reason: Refusal };

export interface CreateOrderOptions {
  readonly transactions: LocalTransactions;
  readonly timeout: { readonly topic: string; readonly afterMs: number };
  readonly clock: Pick<Clock, 'after'>;
}

/** Of one user, beside the one that is being made: more is one client that floods, and the places are everybody's. */
const MAX_WAITING = 16;
/** As long as clients wait for an answer, give or take. */
const MAX_WAIT_MS = 5_000;

/** Makes orders: the row, what is frozen for it and its ORDER_CREATE, all or nothing. */
export class OrderCreator {
  readonly #options: CreateOrderOptions;
  readonly #turns: KeyedTurns;

  constructor(options: CreateOrderOptions) {
    this.#options = options;
    const { clock } = options;
    this.#turns = new KeyedTurns({ maxWaiting: MAX_WAITING, maxWaitMs: MAX_WAIT_MS, clock });
  }

  /**
   * Rejects with a retryable error (database or proxy away) when the order was not made, or not surely.
   *
   * @throws TurnRefusedError when its user has too many orders under way
   */
  async create(request: OrderRequest, traceId: string): Promise<CreateOutcome> {
    return this.#turns.run(request.user_id, () =>
      this.#options.transactions.run((local) => this.#createIn(local, request, traceId)),
    );
  }

  async #createIn(local: LocalTransaction, request: OrderRequest, traceId: string): Promise<CreateOutcome> {
    const { client } = local;
    const before = await findByClientOrderId(client, request.user_id, request.client_order_id);
    if (before) return existingOutcome(request, before);
    await client.query('SAVEPOINT before_place');
    // Its row lock makes the user's orders, of every replica, wait for each other.
    const place = await local.place(request.user_id);
    const outcome = await this.#createAt(local, place, request, traceId);
    // Nothing was made: the place is given back, since the next message is to take it.
    if (outcome.kind !== 'Created') await client.query('ROLLBACK TO SAVEPOINT before_place');
    return outcome;
  }

  async #createAt(
    local: LocalTransaction,
    place: Place,
    request: OrderRequest,
    traceId: string,
  ): Promise<CreateOutcome> {
    const { client } = local;
    // Another replica may have made the same order while we waited for the lock.
    const existing = await findByClientOrderId(client, request.user_id, request.client_order_id);
    if (existing) return existingOutcome(request, existing);
    const id = await nextOrderId(client);
    const freeze = await freezeFor(client, request, id);
    if (freeze.outcome !== 'Frozen') return { kind: 'Refused', reason: freeze.outcome };
    const isMarketBuy = request.order_type === 'MARKET' && request.direction === 'BUY';
    const budget = isMarketBuy ? freeze.set_aside : null;
    const order = await insertOrder(client, { request, ...id, budget, ...place, traceId });
    if (order.order_type === 'LIMIT' && order.time_in_force === 'GTC')
      await appendToOutbox(client, [orderTimeoutMessage(order, this.#options.timeout)]);
    await local.send(orderCreateMessage(order), place);
    return { kind: 'Created', order };
  }
}

function existingOutcome(request: OrderRequest, order: Order): CreateOutcome {
  return { kind: sameContent(request, requestOf(order)) ? 'Existing' : 'Conflict', order };
}
