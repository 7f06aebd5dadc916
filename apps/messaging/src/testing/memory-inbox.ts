import { MessagingError } from '../errors.ts';
import type { KnownMessage } from '../inbox/decide.ts';
import type { InboxKey, InboxStore, InboxTransaction, SequencedMessage } from '../inbox/inbox.ts';

interface Row extends KnownMessage {
  readonly message: SequencedMessage;
}

interface Stream {
  readonly applied: number;
  readonly rows: ReadonlyMap<string, Row>;
  readonly effects: readonly number[];
}

const EMPTY: Stream = { applied: 0, rows: new Map(), effects: [] };

/** An inbox store with real transactions: a transaction that throws, or that is told to crash, leaves nothing behind. */
export class MemoryInboxStore implements InboxStore<number[]> {
  readonly failures = new Map<string, unknown>();
  readonly #streams = new Map<string, Stream>();
  readonly #crash: () => boolean;
  #turn: Promise<unknown> = Promise.resolve();

  /** `crash` is asked before each commit. */
  constructor(crash: () => boolean = () => false) {
    this.#crash = crash;
  }

  stream(messageGroup: string): Stream {
    return this.#streams.get(messageGroup) ?? EMPTY;
  }

  transaction<T>(key: InboxKey, work: (tx: InboxTransaction<number[]>) => Promise<T>): Promise<T> {
    // One at a time, as the lock on the position makes them.
    const run = this.#turn.then(() => this.#run(key, work));
    this.#turn = run.catch(() => undefined);
    return run;
  }

  recordFailure(messageId: string, error: unknown): Promise<void> {
    this.failures.set(messageId, error);
    return Promise.resolve();
  }

  async #run<T>(
    { messageGroup }: InboxKey,
    work: (tx: InboxTransaction<number[]>) => Promise<T>,
  ): Promise<T> {
    const before = this.stream(messageGroup);
    const rows = new Map(before.rows);
    const effects = [...before.effects];
    let applied = before.applied;
    const at = (sequence: number) => [...rows.values()].find((row) => row.sequence === sequence);
    const put = (message: SequencedMessage, state: KnownMessage['state']) =>
      rows.set(message.messageId, {
        messageId: message.messageId,
        sequence: message.sequence,
        state,
        message,
      });
    const result = await work({
      db: effects,
      applied: before.applied,
      findById: (messageId) => Promise.resolve(rows.get(messageId)),
      findAt: (sequence) => Promise.resolve(at(sequence)),
      parkedAt(sequence) {
        const row = at(sequence);
        if (row?.state !== 'Parked') return Promise.resolve(undefined);
        return Promise.resolve({ messageId: row.messageId, decode: () => row.message });
      },
      park(message) {
        put(message, 'Parked');
        return Promise.resolve();
      },
      recordApplied(message) {
        put(message, 'Applied');
        applied = message.sequence;
        return Promise.resolve();
      },
    });
    if (this.#crash()) throw new MessagingError('Closed', 'crashed before the commit', { retryable: true });
    this.#streams.set(messageGroup, { applied, rows, effects });
    return result;
  }
}
