import type { Envelope } from '../envelope.ts';
import { isRetryable } from '../errors.ts';
import type { Tag } from '../message-types.ts';
import { decideArrival, type KnownMessage } from './decide.ts';

/** A stream whose messages are applied in sequence: one message group of a topic. */
export interface InboxKey {
  readonly topic: string;
  readonly messageGroup: string;
}

export interface SequencedMessage {
  readonly key: InboxKey;
  readonly messageId: string;
  readonly sequence: number;
  readonly envelope: Envelope;
  /** The encoded envelope, kept while the message is parked. */
  readonly payload: Uint8Array;
}

export interface ParkedMessage {
  readonly messageId: string;
  /** Throws when it cannot be read any more, as when the key that encrypted it is gone. */
  decode(): SequencedMessage;
}

/** One transaction on one stream, which it holds locked. `Db` is what an effect writes through. */
export interface InboxTransaction<Db> {
  readonly db: Db;
  readonly applied: number;
  findById(messageId: string): Promise<KnownMessage | undefined>;
  findAt(sequence: number): Promise<KnownMessage | undefined>;
  park(message: SequencedMessage): Promise<void>;
  /** Records the message as applied and moves the position onto it. */
  recordApplied(message: SequencedMessage): Promise<void>;
  /** The parked message at this place. */
  parkedAt(sequence: number): Promise<ParkedMessage | undefined>;
}

export interface InboxStore<Db> {
  transaction<T>(
    key: InboxKey,
    work: (tx: InboxTransaction<Db>) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T>;
  /** Keeps why a parked message could not be applied when its turn came. */
  recordFailure(messageId: string, error: unknown): Promise<void>;
}

/** Writes a message's effect, in the transaction that also records it as applied. */
export interface Effect<Db> {
  (envelope: Envelope, db: Db): Promise<void>;
  /** The tags that it knows; absent: all. */
  readonly tags?: ReadonlySet<Tag>;
}

export type InboxOutcome =
  | { readonly kind: 'Applied' | 'Parked' | 'Duplicate'; readonly unparked: number }
  | { readonly kind: 'Conflict'; readonly detail: string };

/** Applies each message once, in sequence. Everything it knows is in the store, so any number of processes may share one. */
export class Inbox<Db> {
  readonly #store: InboxStore<Db>;
  readonly #effect: Effect<Db>;

  constructor(store: InboxStore<Db>, effect: Effect<Db>) {
    this.#store = store;
    this.#effect = effect;
  }

  /** Whether there is an effect for a tag. */
  accepts(tag: Tag): boolean {
    return this.#effect.tags?.has(tag) ?? true;
  }

  /**
   * Takes a message; when it resolves the message is durable (applied or parked) and may be acknowledged. Rejects with
   * what the store or the effect threw; nothing of the message is recorded then.
   */
  async receive(message: SequencedMessage, signal: AbortSignal): Promise<InboxOutcome> {
    const decision = await this.#store.transaction(message.key, (tx) => this.#arrive(tx, message), signal);
    if (decision.kind === 'Conflict') return decision;
    // Also after a duplicate: the process that took the first delivery may have died before this loop.
    const unparked = await this.#applyParked(message.key, signal);
    const kinds = { Apply: 'Applied', Park: 'Parked', Duplicate: 'Duplicate' } as const;
    return { kind: kinds[decision.kind], unparked };
  }

  async #arrive(
    tx: InboxTransaction<Db>,
    message: SequencedMessage,
  ): Promise<ReturnType<typeof decideArrival>> {
    const { messageId, sequence } = message;
    const decision = decideArrival({
      messageId,
      sequence,
      applied: tx.applied,
      same: await tx.findById(messageId),
      atPlace: await tx.findAt(sequence),
    });
    if (decision.kind === 'Park') await tx.park(message);
    if (decision.kind === 'Apply') await this.#apply(tx, message);
    return decision;
  }

  /** One transaction for each, so that a message that cannot be applied does not undo the ones before it. */
  async #applyParked(key: InboxKey, signal: AbortSignal): Promise<number> {
    for (let count = 0; ; count += 1) {
      if (!(await this.#applyNextParked(key, signal))) return count;
    }
  }

  async #applyNextParked(key: InboxKey, signal: AbortSignal): Promise<boolean> {
    let turn: ParkedMessage | undefined;
    try {
      await this.#store.transaction(
        key,
        async (tx) => {
          turn = await tx.parkedAt(tx.applied + 1);
          if (turn) await this.#apply(tx, turn.decode());
        },
        signal,
      );
      return turn !== undefined;
    } catch (error) {
      // The delivery that closed the gap is not to blame: it is done, and the parked one keeps its own error.
      if (!turn || isRetryable(error)) throw error;
      await this.#store.recordFailure(turn.messageId, error);
      return false;
    }
  }

  async #apply(tx: InboxTransaction<Db>, message: SequencedMessage): Promise<void> {
    await this.#effect(message.envelope, tx.db);
    await tx.recordApplied(message);
  }
}
