/** Bounds how many holders run at once; waiters are served in the order they came. */
export class Semaphore {
  readonly #limit: number;
  readonly #waiters: (() => void)[] = [];
  #held = 0;

  constructor(limit: number) {
    if (!Number.isInteger(limit) || limit < 1)
      throw new RangeError(`semaphore limit ${limit} is not a positive integer`);
    this.#limit = limit;
  }

  get held(): number {
    return this.#held;
  }

  /** Runs `task` once a place is free. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#held >= this.#limit) await new Promise<void>((resolve) => this.#waiters.push(resolve));
    else this.#held += 1;
    try {
      return await task();
    } finally {
      // A waiter inherits the place, so that a newcomer cannot slip in between.
      const next = this.#waiters.shift();
      if (next) next();
      else this.#held -= 1;
    }
  }
}
