import { describeError, type Clock, type Logger } from '@gantry/messaging';
import type { Pool } from 'pg';
import type { OrderSender } from './create-order.ts';
import { orderCreateMessage } from './order-message.ts';
import { findOverdue, markResent, type Order } from './order-store.ts';

/** Few at a time: a consumer that is only slow must not be buried in repetitions of what it already has. */
const BATCH = 20;
const PERIOD_MS = 30_000;

export interface RepublisherOptions {
  readonly pool: Pool;
  readonly sender: OrderSender;
  readonly afterMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Sends the message of an order again when nothing has applied it for long; otherwise its user's sequence would have a
 * gap for ever. RocketMQ 5.5.0 loses the message of a committed transaction in two ways:
 * - A broker ends a transaction without waiting for its replicas (EndTransactionProcessor stores the message with
 *   waitStoreMsgOK=false). A successor may not have the message, and does not ask about the half message either once it
 *   has taken over the progress of the checks.
 * - A broker gives up on a half message after 15 checks, answered or not.
 * It is the same message with the same id, so the inbox drops it where the first one did arrive.
 *
 * @returns how many were sent
 */
export async function republishOverdue(options: RepublisherOptions, signal?: AbortSignal): Promise<number> {
  const overdue = await findOverdue(options.pool, options.afterMs, BATCH);
  let sent = 0;
  for (const order of overdue) {
    if (signal?.aborted === true) break;
    const done = await republish(options, order);
    // Also what failed: the group of one user may take no messages for long, and others are elsewhere.
    await markResent(options.pool, order, done);
    if (done) sent += 1;
  }
  return sent;
}

async function republish({ sender, log }: RepublisherOptions, order: Order): Promise<boolean> {
  const { order_id: orderId, user_id: userId, sequence } = order;
  try {
    const half = await sender.sendHalf(orderCreateMessage(order));
    await half.commit();
  } catch (error) {
    log.warn({ orderId, userId, error: describeError(error) }, 'overdue order not sent again');
    return false;
  }
  log.warn({ orderId, userId, sequence }, 'order sent again');
  return true;
}

/** Repeats `republishOverdue` until `signal` aborts; failures are logged and wait for the next round. */
export async function runRepublisher(options: RepublisherOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await options.clock.sleep(PERIOD_MS, signal);
    if (signal.aborted) return;
    try {
      await republishOverdue(options, signal);
    } catch (error) {
      options.log.warn({ error: describeError(error) }, 'overdue orders not sent again, next round will try');
    }
  }
}
