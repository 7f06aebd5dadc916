import type { Clock } from '@gantry/messaging';

export interface KeyedTurnsOptions {
  /** Tasks of one key that may wait. */
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  readonly clock: Pick<Clock, 'after'>;
}

/** The task was not begun. */
export class TurnRefusedError extends Error {
  readonly code = 'TurnRefused';
  readonly retryable = true;
  override readonly name = 'TurnRefusedError';
}

/**
 * Lets one task a key run at a time, in the order of arrival. The orders of one user wait for each other's row lock in
 * Postgres anyway; waiting here instead keeps a busy user from holding every connection of the pool. Who waits too long is
 * refused: an order must not be placed minutes after its client has given up.
 */
export class KeyedTurns {
  readonly #options: KeyedTurnsOptions;
  /** Who waits, by key; a key is there while a task of it runs. */
  readonly #queues = new Map<string, Set<() => void>>();

  constructor(options: KeyedTurnsOptions) {
    this.#options = options;
  }

  /** @throws TurnRefusedError when too many wait already, or when it has waited too long */
  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    await this.#enter(key);
    try {
      return await task();
    } finally {
      this.#leave(key);
    }
  }

  /** Keys with a task that runs or waits. */
  get size(): number {
    return this.#queues.size;
  }

  async #enter(key: string): Promise<void> {
    const queue = this.#queues.get(key);
    if (queue === undefined) {
      this.#queues.set(key, new Set());
      return;
    }
    const { maxWaiting, maxWaitMs, clock } = this.#options;
    if (queue.size >= maxWaiting)
      throw new TurnRefusedError(`${key} has ${String(queue.size + 1)} under way already: try again`);
    const { promise: entered, resolve: enter, reject } = Promise.withResolvers<void>();
    queue.add(enter);
    const cancel = clock.after(maxWaitMs, () => {
      if (queue.delete(enter))
        reject(new TurnRefusedError(`others of ${key} have taken too long: try again`));
    });
    await entered.finally(cancel);
  }

  #leave(key: string): void {
    const queue = this.#queues.get(key);
    const [next] = queue ?? [];
    if (next === undefined) {
      this.#queues.delete(key);
      return;
    }
    queue?.delete(next);
    next();
  }
}
