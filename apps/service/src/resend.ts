import {
  describeError,
  query,
  readContent,
  type Clock,
  type Logger,
  type OrderedMessage,
  type Tag,
} from '@gantry/messaging';
import type { Pool } from 'pg';
import * as z from 'zod';
import type { HalfSender } from './local-transactions.ts';

/** Few at a time: a consumer that is only slow must not be buried in repetitions of what it already has. */
const BATCH = 20;
const PERIOD_MS = 30_000;
/** Doublings of the wait between two attempts, at most: some hours, by the default of two minutes. */
const MAX_DOUBLINGS = 7;

export interface ResendOptions {
  readonly pool: Pool;
  readonly sender: HalfSender;
  readonly topic: string;
  /** The sender's own group: what it has passed has reached the topic. */
  readonly group: string;
  readonly afterMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

const sentRow = z.object({
  message_id: z.string(),
  message_group: z.string(),
  sequence: z.string().transform(Number),
  tag: z.string(),
  keys: z.string(),
  trace_id: z.string(),
  body: z.unknown(),
});

/**
 * Sends a message again when the sender's own group has not passed it for long; otherwise its group's sequence would have
 * a gap for ever. RocketMQ 5.5.0 loses the message of a committed transaction in two ways:
 * - A broker ends a transaction without waiting for its replicas (EndTransactionProcessor stores the message with
 *   waitStoreMsgOK=false). A successor may not have the message, and does not ask about the half message either once it
 *   has taken over the progress of the checks.
 * - A broker gives up on a half message after 15 checks, answered or not.
 * It is the same message with the same id, so the inbox drops it where the first one did arrive.
 *
 * @returns how many were sent
 */
export async function resendOverdue(options: ResendOptions, signal?: AbortSignal): Promise<number> {
  await forgetPassed(options);
  const overdue = await findOverdue(options);
  let sent = 0;
  for (const message of overdue) {
    if (signal?.aborted === true) break;
    const done = await resend(options, message);
    // Also what failed: the broker group of one user may take no messages for long, and others are elsewhere.
    await markResent(options.pool, message, done);
    if (done) sent += 1;
  }
  return sent;
}

/** Repeats `resendOverdue` until `signal` aborts; failures are logged and wait for the next round. */
export async function runResender(options: ResendOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await options.clock.sleep(PERIOD_MS, signal);
    if (signal.aborted) return;
    try {
      await resendOverdue(options, signal);
    } catch (error) {
      options.log.warn(
        { error: describeError(error) },
        'overdue messages not sent again, next round will try',
      );
    }
  }
}

/**
 * Messages that have waited for longer than `afterMs` since they were sent, and that nobody has tried to send again for as
 * long, and twice as long after each time; who has waited longest first, so that those that nothing helps leave room for the
 * others. Only the first of a message group: those after it are parked until it comes, and would only fill the batch.
 */
async function findOverdue(options: ResendOptions): Promise<readonly OrderedMessage<Tag>[]> {
  const { pool, topic, group, afterMs } = options;
  const rows = await query(
    pool,
    `SELECT * FROM (
       SELECT DISTINCT ON (s.message_group) s.*, coalesce(s.resent_at, s.sent_at) AS since
       FROM messaging.sent s LEFT JOIN messaging.inbox_position p
         ON p.consumer_group = $2 AND p.topic = s.topic AND p.message_group = s.message_group
       WHERE s.topic = $1 AND s.sequence > coalesce(p.applied_sequence, 0)
       ORDER BY s.message_group, s.sequence
     ) AS first
     WHERE since < now() - $3 * power(2, least(resends, $5)) * interval '1 millisecond' ORDER BY since LIMIT $4`,
    [topic, group, afterMs, BATCH, MAX_DOUBLINGS],
  );
  return rows.map((row) => {
    const { message_id, message_group, sequence, tag, keys, trace_id, body } = sentRow.parse(row);
    const stored = { messageId: message_id, messageGroup: message_group, sequence, keys, traceId: trace_id };
    return { ...stored, ...readContent(tag, body) };
  });
}

async function forgetPassed({ pool, topic, group }: ResendOptions): Promise<void> {
  await query(
    pool,
    `DELETE FROM messaging.sent s USING messaging.inbox_position p
     WHERE s.topic = $1 AND p.consumer_group = $2 AND p.topic = s.topic AND p.message_group = s.message_group
       AND s.sequence <= p.applied_sequence`,
    [topic, group],
  );
}

async function markResent(pool: Pool, { messageId }: OrderedMessage<Tag>, sent: boolean): Promise<void> {
  await query(
    pool,
    `UPDATE messaging.sent SET resent_at = now(), resends = least(resends + $2, 1000) WHERE message_id = $1`,
    [messageId, sent ? 1 : 0],
  );
}

async function resend({ sender, log }: ResendOptions, message: OrderedMessage<Tag>): Promise<boolean> {
  const { tag, keys, messageGroup, sequence } = message;
  try {
    const half = await sender.sendHalf(message);
    await half.commit();
  } catch (error) {
    log.warn({ tag, keys, messageGroup, error: describeError(error) }, 'overdue message not sent again');
    return false;
  }
  log.warn({ tag, keys, messageGroup, sequence }, 'message sent again');
  return true;
}
