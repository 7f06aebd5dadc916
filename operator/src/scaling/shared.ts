import type { Clock } from '../kube/mod.ts';

/** When it was given, by the clock's epoch. */
export interface Told<T> {
  readonly value: T;
  readonly atMs: number;
}

interface Entry<T> {
  readonly answer: Promise<Told<T>>;
  /** Monotonic; Infinity while the answer is awaited. */
  endsAtMs: number;
}

/** How long after a server said nothing it is not asked again: each question would hold a worker for its full time. */
const SILENCE_MS = 5_000;
const SWEEP_ABOVE = 1_000;

/** Answers that many groups need: asked for once, and believed for a moment. */
export class Shared<T> {
  readonly #clock: Pick<Clock, 'now' | 'monotonicMs'>;
  readonly #lifeMs: (value: T) => number;
  readonly #entries = new Map<string, Entry<T>>();

  /** @param lifeMs for how long an answer is believed */
  constructor(clock: Pick<Clock, 'now' | 'monotonicMs'>, lifeMs: (value: T) => number) {
    this.#clock = clock;
    this.#lifeMs = lifeMs;
  }

  /** @param ask has a deadline of its own: the answer is for others too, so no signal of one of them may end it */
  async of(key: string, ask: () => Promise<T>): Promise<Told<T>> {
    const known = this.#entries.get(key);
    if (known !== undefined && known.endsAtMs > this.#clock.monotonicMs()) return known.answer;
    if (this.#entries.size > SWEEP_ABOVE) this.#sweep();
    const answer = this.#ask(ask);
    const entry: Entry<T> = { answer, endsAtMs: Infinity };
    this.#entries.set(key, entry);
    const ends = (lifeMs: number): void => {
      entry.endsAtMs = this.#clock.monotonicMs() + lifeMs;
    };
    answer.then(
      ({ value }) => ends(this.#lifeMs(value)),
      () => ends(SILENCE_MS),
    );
    return answer;
  }

  async #ask(ask: () => Promise<T>): Promise<Told<T>> {
    const value = await ask();
    return { value, atMs: this.#clock.now() };
  }

  #sweep(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [key, { endsAtMs }] of this.#entries) if (endsAtMs <= nowMs) this.#entries.delete(key);
  }
}
