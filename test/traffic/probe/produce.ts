/** Numbered sends into one queue, each only after the one before it was acknowledged. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sendQuestion } from '../../e2e/harness/probe/facts.ts';
import type { Answer } from '../../e2e/harness/probe/remoting.ts';
import type { Acknowledged, Sent } from '../record/lines.ts';
import type { Connections, Outcome } from './connection.ts';
import type { Masters } from './masters.ts';
import type { TrafficQuestion } from './protocol.ts';

const RETRY_PAUSE_MS = 50;

const SUCCESS = 0;
/**
 * Answers after which nothing was stored: SYSTEM_BUSY, SERVICE_NOT_AVAILABLE, NO_PERMISSION and TOPIC_NOT_EXIST come
 * before the store is asked. FLUSH_DISK_TIMEOUT, SLAVE_NOT_AVAILABLE and FLUSH_SLAVE_TIMEOUT come after.
 */
const REFUSALS: ReadonlySet<number> = new Set([2, 14, 16, 17]);
const SYSTEM_ERROR = 1;

/** Whether a send may have stored a copy although it was not acknowledged. */
export function mayBeStored(outcome: Outcome): boolean {
  return outcome.kind === 'Unanswered' || (outcome.kind === 'Answered' && !isRefusal(outcome.answer));
}

function isRefusal({ code, remark }: Pick<Answer, 'code' | 'remark'>): boolean {
  // HA is checked before the put: PutMessageStatus.IN_SYNC_REPLICAS_NOT_ENOUGH.
  return REFUSALS.has(code) || (code === SYSTEM_ERROR && remark.includes('in-sync replicas not enough'));
}

export interface LaneWork {
  readonly question: TrafficQuestion;
  readonly group: string;
  readonly queue: number;
  readonly periodMs: number;
  readonly connections: Connections;
  readonly masters: Pick<Masters, 'find'>;
  /** No new number any more. */
  readonly stopped: () => boolean;
  /** The number under way is given up too. */
  readonly givenUp: () => boolean;
  readonly acknowledged: (sent: Acknowledged) => void;
  readonly unfinished: (sent: Sent) => void;
}

export async function produce(work: LaneWork): Promise<void> {
  let due = Date.now();
  for (let sequence = 1; !work.stopped(); sequence += 1) {
    await sendUntilAcknowledged(work, sequence);
    // What an outage held up is not made good in a burst longer than a second.
    due = Math.max(due + work.periodMs, Date.now() - 1_000);
    if (due > Date.now()) await sleep(due - Date.now());
  }
}

async function sendUntilAcknowledged(work: LaneWork, sequence: number): Promise<void> {
  const { question, group, queue, connections, masters } = work;
  const { topic, run, sendTimeoutMs } = question;
  const body = `${run} ${String(sequence)}`;
  let unknown = 0;
  let failed: string | undefined;
  for (let attempts = 1; !work.givenUp(); attempts += 1) {
    const broker = await masters.find(group, failed);
    if (broker !== undefined) {
      const send = sendQuestion({ topic, queueId: queue, body, timeoutMs: sendTimeoutMs });
      const outcome = await connections.ask(broker, send, sendTimeoutMs);
      if (outcome.kind === 'Answered' && outcome.answer.code === SUCCESS) {
        work.acknowledged({ sequence, unknown, at: Date.now(), attempts });
        return;
      }
      if (mayBeStored(outcome)) unknown += 1;
    }
    failed = broker;
    await sleep(RETRY_PAUSE_MS);
  }
  work.unfinished({ sequence, unknown });
}
