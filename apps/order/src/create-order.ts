import { randomUUID } from 'node:crypto';
import {
  DatabaseError,
  describeError,
  inTransaction,
  logCommitted,
  nextSequence,
  type Clock,
  type HalfMessage,
  type Logger,
  type OrderedMessage,
} from '@gantry/messaging';
import type { Pool, PoolClient } from 'pg';
import { KeyedTurns } from './keyed-turns.ts';
import { orderCreateMessage } from './order-message.ts';
import { sameContent, type OrderRequest } from './order-request.ts';
import { findByClientOrderId, insertOrder, nextOrderId, requestOf, type Order } from './order-store.ts';

export type CreateOutcome =
  | { readonly kind: 'Created' | 'Existing'; readonly order: Order }
  /** The client order id names another order of this user. */
  | { readonly kind: 'Conflict'; readonly order: Order };

export interface OrderSender {
  sendHalf(message: OrderedMessage<'ORDER_CREATE'>): Promise<HalfMessage>;
}

export interface CreateOrderOptions {
  readonly pool: Pool;
  readonly sender: OrderSender;
  readonly topic: string;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Logger;
}

/** Of one user, beside the one that is being made: more is one client that floods, and the places are everybody's. */
const MAX_WAITING = 16;
/** As long as clients wait for an answer, give or take. */
const MAX_WAIT_MS = 5_000;

/**
 * Writes orders and sends their ORDER_CREATE, both or neither.
 *
 * The half message is sent from *inside* the local transaction, because it carries the user's sequence that the
 * transaction gives and a stored message cannot be changed. What a crash leaves at each point:
 *   before the half message     nothing: the transaction rolls back with its connection
 *   after it, before COMMIT     a half message whose id is in no log: the check writes a tombstone and rolls it back; the
 *                               sequence rolled back with the transaction, so the next order takes it and no hole stays
 *   after COMMIT                the row and its log entry: the check commits the message
 * When the checks end without an answer (15 by default), `republish.ts` sends the message of a committed row again.
 */
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
    return this.#turns.run(request.user_id, () => this.#createInTurn(request, traceId));
  }

  async #createInTurn(request: OrderRequest, traceId: string): Promise<CreateOutcome> {
    const { pool } = this.#options;
    let half: HalfMessage | undefined;
    let outcome: CreateOutcome;
    try {
      outcome = await inTransaction(pool, async (client) => {
        const existing = await findByClientOrderId(client, request.user_id, request.client_order_id);
        if (existing) return existingOutcome(request, existing);
        const locked = await this.#lockUser(client, request);
        if (locked.kind !== 'Free') return locked;
        const order = await this.#insert(client, request, locked.sequence, traceId);
        half = await this.#options.sender.sendHalf(orderCreateMessage(order));
        return { kind: 'Created', order };
      });
    } catch (error) {
      if (half) await this.#rollBack(half, error);
      throw error;
    }
    if (half && outcome.kind === 'Created') await this.#commit(half, outcome.order);
    return outcome;
  }

  /** Takes the user's next sequence, whose row lock makes the user's orders, of every replica, wait for each other. */
  async #lockUser(
    client: PoolClient,
    request: OrderRequest,
  ): Promise<CreateOutcome | { readonly kind: 'Free'; readonly sequence: number }> {
    await client.query('SAVEPOINT before_sequence');
    const sequence = await nextSequence(client, this.#options.topic, request.user_id);
    // Another replica may have made the same order while we waited for the lock.
    const existing = await findByClientOrderId(client, request.user_id, request.client_order_id);
    if (!existing) return { kind: 'Free', sequence };
    await client.query('ROLLBACK TO SAVEPOINT before_sequence');
    return existingOutcome(request, existing);
  }

  async #insert(
    client: PoolClient,
    request: OrderRequest,
    sequence: number,
    traceId: string,
  ): Promise<Order> {
    const messageId = randomUUID();
    const { orderId, orderNo } = await nextOrderId(client);
    const order = await insertOrder(client, { request, orderId, orderNo, sequence, messageId, traceId });
    await logCommitted(client, messageId);
    return order;
  }

  async #commit(half: HalfMessage, order: Order): Promise<void> {
    try {
      await half.commit();
    } catch (error) {
      // The order is made: the broker will ask, and the log says commit.
      this.#options.log.warn(
        { orderId: order.order_id, error: describeError(error) },
        'commit left to the broker’s check',
      );
    }
  }

  async #rollBack(half: HalfMessage, reason: unknown): Promise<void> {
    // The row may be there: only the check, which reads the log, may decide.
    if (reason instanceof DatabaseError && reason.code === 'CommitUnknown') return;
    try {
      await half.rollback();
    } catch (error) {
      this.#options.log.warn({ error: describeError(error) }, 'rollback left to the broker’s check');
    }
  }
}

function existingOutcome(request: OrderRequest, order: Order): CreateOutcome {
  return { kind: sameContent(request, requestOf(order)) ? 'Existing' : 'Conflict', order };
}
