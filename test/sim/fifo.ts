const EPSILON = 1e-6;

/** What waits in a queue, by when it came. */
export class Fifo {
  readonly #cameAt: number[] = [];
  readonly #messages: number[] = [];
  #first = 0;
  #waiting = 0;

  get waiting(): number {
    return this.#waiting;
  }

  /** When the oldest came; undefined: nothing waits. */
  get oldest(): number | undefined {
    return this.#cameAt[this.#first];
  }

  push(cameAt: number, messages: number): void {
    if (messages <= 0) return;
    this.#cameAt.push(cameAt);
    this.#messages.push(messages);
    this.#waiting += messages;
  }

  /** @returns how many of those that are taken came before a time */
  take(messages: number, lateBefore: number): number {
    let left = Math.min(messages, this.#waiting);
    this.#waiting -= left;
    let late = 0;
    while (left > 0) {
      const cameAt = this.#cameAt[this.#first];
      const there = this.#messages[this.#first];
      if (cameAt === undefined || there === undefined) break;
      const taken = Math.min(left, there);
      if (cameAt < lateBefore) late += taken;
      left -= taken;
      if (taken < there) this.#messages[this.#first] = there - taken;
      else this.#first += 1;
    }
    // Fluids leave a rest that is no message.
    if (this.#waiting < EPSILON || this.#first > 4_096) this.#forget();
    return late;
  }

  /** @returns how many of those that wait came before a time */
  before(time: number): number {
    let late = 0;
    for (let index = this.#first; index < this.#cameAt.length; index += 1) {
      if ((this.#cameAt[index] ?? 0) >= time) break;
      late += this.#messages[index] ?? 0;
    }
    return late;
  }

  #forget(): void {
    const read = this.#waiting < EPSILON ? this.#cameAt.length : this.#first;
    this.#cameAt.splice(0, read);
    this.#messages.splice(0, read);
    this.#first = 0;
    if (this.#waiting < EPSILON) this.#waiting = 0;
  }
}
