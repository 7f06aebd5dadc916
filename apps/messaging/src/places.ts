/** So many places; who finds none waits, and is served in the order of coming. */
export class Places {
  readonly #limit: number;
  readonly #waiters = new Set<(got: boolean) => void>();
  #held = 0;

  constructor(limit: number) {
    if (!Number.isInteger(limit) || limit < 1)
      throw new RangeError(`a limit of ${limit} places is not a positive integer`);
    this.#limit = limit;
  }

  get held(): number {
    return this.#held;
  }

  /** Whether there was a place. */
  takeNow(): boolean {
    if (this.#held >= this.#limit) return false;
    this.#held += 1;
    return true;
  }

  /** Whether there was a place, or came to be one before `signal` aborted. */
  async take(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (this.takeNow()) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const giveUp = (): void => {
      // At once: a place that is released next is not for somebody who has gone.
      this.#waiters.delete(resolve);
      resolve(false);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    this.#waiters.add(resolve);
    const got = await promise;
    signal.removeEventListener('abort', giveUp);
    return got;
  }

  release(count: number): void {
    for (let freed = 0; freed < count; freed += 1) {
      const [next] = this.#waiters;
      // A waiter inherits the place, so that a newcomer cannot slip in between.
      if (next === undefined) this.#held -= 1;
      else {
        this.#waiters.delete(next);
        next(true);
      }
    }
  }
}
