export interface BatchesOptions<T, R> {
  /** Calls of `run` at once. */
  readonly concurrency: number;
  /** Items of one call. */
  readonly maxItems: number;
  /** One result for each item, in order. Never rejects. */
  readonly run: (items: readonly T[]) => Promise<readonly R[]>;
}

interface Waiting<T, R> {
  readonly item: T;
  readonly alone: boolean;
  readonly resolve: (result: R) => void;
}

/**
 * Runs what is submitted as soon as a call may start, with all that waits by then up to `maxItems`: one by one while there
 * is little to do, in batches when there is more than the calls keep up with.
 */
export class Batches<T, R> {
  readonly #options: BatchesOptions<T, R>;
  readonly #waiting: Waiting<T, R>[] = [];
  #running = 0;

  constructor(options: BatchesOptions<T, R>) {
    for (const limit of [options.concurrency, options.maxItems]) {
      if (!Number.isInteger(limit) || limit < 1)
        throw new RangeError(`limit ${limit} is not a positive integer`);
    }
    this.#options = options;
  }

  /** Calls that run now. */
  get running(): number {
    return this.#running;
  }

  /** `alone`: in a call of its own, for what has made a call fail that others were in. */
  submit(item: T, alone = false): Promise<R> {
    return new Promise((resolve) => {
      this.#waiting.push({ item, alone, resolve });
      // What is submitted in the same turn, as the messages of one receive call are, shares a call.
      queueMicrotask(() => this.#start());
    });
  }

  #start(): void {
    while (this.#waiting.length > 0 && this.#running < this.#options.concurrency) {
      this.#running += 1;
      void this.#run(this.#waiting.splice(0, this.#nextCount()));
    }
  }

  #nextCount(): number {
    const alone = this.#waiting.slice(0, this.#options.maxItems).findIndex((each) => each.alone);
    if (alone === -1) return this.#options.maxItems;
    return Math.max(alone, 1);
  }

  async #run(batch: readonly Waiting<T, R>[]): Promise<void> {
    const results = await this.#options.run(batch.map(({ item }) => item));
    this.#running -= 1;
    for (const [index, { resolve }] of batch.entries()) {
      const result = results[index];
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `R` may include undefined
      resolve(result as R);
    }
    this.#start();
  }
}
