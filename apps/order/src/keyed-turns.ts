/**
 * Lets one task a key run at a time, in the order of arrival. The orders of one user wait for each other's row lock in
 * Postgres anyway; waiting here instead keeps a busy user from holding every connection of the pool.
 */
export class KeyedTurns {
  readonly #tails = new Map<string, Promise<void>>();

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    const { promise: mine, resolve: finish } = Promise.withResolvers<void>();
    this.#tails.set(key, mine);
    try {
      await before;
      return await task();
    } finally {
      finish();
      if (this.#tails.get(key) === mine) this.#tails.delete(key);
    }
  }

  /** Keys with a task that runs or waits. */
  get size(): number {
    return this.#tails.size;
  }
}
