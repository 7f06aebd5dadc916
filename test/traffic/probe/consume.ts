/** Reads one queue from its beginning, in order, keeping its own position: nothing is given out twice by design. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PULL_NOT_FOUND, pullQuestion, storedMessages } from '../../e2e/harness/probe/pull.ts';
import type { Held } from '../record/lines.ts';
import type { Connections } from './connection.ts';

const FOUND = 0;
/** The position is outside of the log: before its first message, or behind its end. */
const PULL_OFFSET_MOVED = 21;
const PULL_MS = 5_000;
const PAUSE_MS = 500;

export interface QueueReader {
  readonly topic: string;
  readonly queue: number;
  readonly run: string;
  readonly connections: Connections;
  /** Whom to ask now; `failed` when the last one did not do. Undefined: nobody is known. */
  readonly address: (failed: string | undefined) => Promise<string | undefined>;
  /** For proxies. */
  readonly brokerName?: string;
  readonly take: (held: Held) => void;
  /** Asked with the position of the next message, where there is none now. */
  readonly finished: (next: number) => boolean;
  /** Ends it wherever it is; absent: never. */
  readonly givenUp?: () => boolean;
}

export async function readQueue(reader: QueueReader): Promise<void> {
  let offset = 0;
  let failed: string | undefined;
  while (reader.givenUp?.() !== true) {
    const address = await reader.address(failed);
    const pulled = address === undefined ? undefined : await pull(reader, address, offset);
    failed = pulled === undefined ? address : undefined;
    if (pulled?.kind === 'Messages') {
      for (const held of pulled.held) reader.take(held);
      offset = pulled.next;
      continue;
    }
    // Never back: a log that is shorter than what was read from it already will be found by comparing the two.
    if (pulled?.kind === 'Moved' && pulled.next > offset) offset = pulled.next;
    else if (pulled !== undefined && reader.finished(offset)) return;
    await sleep(PAUSE_MS);
  }
}

type Pulled =
  | { readonly kind: 'Messages'; readonly held: readonly Held[]; readonly next: number }
  | { readonly kind: 'Nothing' }
  | { readonly kind: 'Moved'; readonly next: number };

/** Undefined: no usable answer. */
async function pull(reader: QueueReader, address: string, offset: number): Promise<Pulled | undefined> {
  const { topic, queue, run, brokerName } = reader;
  const question = pullQuestion({
    topic,
    queueId: queue,
    offset,
    ...(brokerName === undefined ? {} : { brokerName }),
  });
  const outcome = await reader.connections.ask(address, question, PULL_MS);
  if (outcome.kind !== 'Answered') return undefined;
  const { code, fields, bytes } = outcome.answer;
  if (code === PULL_NOT_FOUND) return { kind: 'Nothing' };
  const next = Number(fields['nextBeginOffset']);
  if (!Number.isSafeInteger(next)) return undefined;
  if (code === PULL_OFFSET_MOVED) return { kind: 'Moved', next };
  if (code !== FOUND) return undefined;
  const held = storedMessages(bytes).flatMap(({ offset: at, body }): Held[] => {
    const [ours, sequence] = body.split(' ');
    return ours === run ? [{ offset: at, sequence: Number(sequence) }] : [];
  });
  return { kind: 'Messages', held, next };
}
