import { backoffMs, type BackoffRange } from './backoff.ts';
import type { Clock, Random } from './clock.ts';
import { DeadlineHeap } from './deadline-heap.ts';

/** A person's edit overtakes the periodic resync of thousands. */
export type Priority = 'High' | 'Normal';

export interface QueueOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly backoff?: BackoffRange;
}

export interface Work {
  readonly key: string;
  /** How long the key was ready before a worker was free. */
  readonly waitedMs: number;
}

export interface QueueStatus {
  readonly ready: number;
  readonly processing: number;
  readonly delayed: number;
  readonly failing: number;
  /** Age of the oldest ready key; 0 when there is none. */
  readonly oldestMs: number;
}

export interface RetryLimits {
  /** What the server asks for. */
  readonly atLeastMs?: number;
  readonly atMostMs?: number | undefined;
}

const DEFAULT_BACKOFF: BackoffRange = { baseMs: 200, maxMs: 60_000 };
/** So many High keys in a row, then one Normal key that waits: a flood of edits starves no resync. */
const HIGH_IN_A_ROW = 16;

interface Delayed {
  readonly key: string;
  readonly dueAt: number;
  readonly priority: Priority;
}

/**
 * Work by key. A key is held once however often it is added, is never handed out twice at once, and an add
 * during its processing makes it run again afterwards. Bounded by the number of keys, never by events.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #backoff: BackoffRange;
  /** key → since when it is ready; insertion order is the order of work. */
  readonly #ready: Readonly<Record<Priority, Map<string, number>>> = { High: new Map(), Normal: new Map() };
  readonly #processing = new Set<string>();
  /** Added while being processed. */
  readonly #dirty = new Map<string, Priority>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #heap = new DeadlineHeap<Delayed>();
  readonly #failures = new Map<string, number>();
  readonly #waiting: ((work: Work | undefined) => void)[] = [];
  readonly #whenIdle: (() => void)[] = [];
  #highInARow = 0;
  #closed = false;
  #cancelTimer: (() => void) | undefined;
  #timerDueAt = Infinity;

  constructor(options: QueueOptions) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#backoff = options.backoff ?? DEFAULT_BACKOFF;
  }

  add(key: string, priority: Priority = 'Normal'): void {
    if (this.#closed) return;
    if (this.#processing.has(key)) {
      if (priority === 'High' || !this.#dirty.has(key)) this.#dirty.set(key, priority);
      return;
    }
    if (this.#ready.High.has(key)) return;
    const since = this.#ready.Normal.get(key);
    if (since !== undefined) {
      if (priority === 'Normal') return;
      this.#ready.Normal.delete(key);
    }
    this.#ready[priority].set(key, since ?? this.#clock.monotonicMs());
    this.#handOut();
  }

  /** Adds the key after the delay. Of several pending delays of a key the earliest counts, and only that one. */
  addAfter(key: string, delayMs: number, priority: Priority = 'Normal'): void {
    if (this.#closed) return;
    if (delayMs <= 0) {
      this.add(key, priority);
      return;
    }
    const dueAt = this.#clock.monotonicMs() + delayMs;
    const pending = this.#delayed.get(key);
    if (pending !== undefined && pending.dueAt <= dueAt) return;
    const entry: Delayed = { key, dueAt, priority };
    this.#delayed.set(key, entry); // an older entry stays in the heap and is skipped when it comes up
    this.#heap.push(entry);
    this.#armTimer();
  }

  /**
   * Adds the key after its exponential delay, at most `atMostMs`, and at least `atLeastMs` whatever that is. Returns the delay.
   */
  retry(key: string, { atLeastMs = 0, atMostMs = Number.POSITIVE_INFINITY }: RetryLimits = {}): number {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const delayMs = Math.max(atLeastMs, Math.min(atMostMs, backoffMs(failures, this.#backoff, this.#random)));
    this.addAfter(key, delayMs);
    return delayMs;
  }

  /** Failures in a row. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** Ends the row of failures. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Waits for work. Undefined once the queue is closed: the worker is done. */
  get(): Promise<Work | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const { promise, resolve } = Promise.withResolvers<Work | undefined>();
    this.#waiting.push(resolve);
    this.#handOut();
    return promise;
  }

  /** Must follow every key that `get` gave, also after a failure. */
  done(key: string): void {
    this.#processing.delete(key);
    const priority = this.#dirty.get(key);
    if (priority !== undefined) {
      this.#dirty.delete(key);
      this.add(key, priority);
    }
    if (this.#processing.size === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  /** No more work is taken or handed out; what is being processed goes on. What is ready is dropped. */
  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
    this.#ready.High.clear();
    this.#ready.Normal.clear();
    this.#dirty.clear();
    this.#delayed.clear();
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
  }

  /** Resolves when nothing is being processed. */
  idle(): Promise<void> {
    if (this.#processing.size === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#whenIdle.push(resolve);
    return promise;
  }

  status(): QueueStatus {
    const now = this.#clock.monotonicMs();
    const since = [this.#ready.High, this.#ready.Normal].map((m) => m.values().next().value ?? now);
    return {
      ready: this.#ready.High.size + this.#ready.Normal.size,
      processing: this.#processing.size,
      delayed: this.#delayed.size,
      failing: this.#failures.size,
      oldestMs: now - Math.min(...since),
    };
  }

  #handOut(): void {
    while (this.#waiting.length > 0) {
      const work = this.#next();
      if (work === undefined) return;
      this.#waiting.shift()?.(work);
    }
  }

  #next(): Work | undefined {
    const { High, Normal } = this.#ready;
    const takeHigh = High.size > 0 && (this.#highInARow < HIGH_IN_A_ROW || Normal.size === 0);
    const source = takeHigh ? High : Normal;
    const first = source.entries().next().value;
    if (first === undefined) return undefined;
    const [key, since] = first;
    this.#highInARow = takeHigh ? this.#highInARow + 1 : 0;
    source.delete(key);
    this.#processing.add(key);
    return { key, waitedMs: this.#clock.monotonicMs() - since };
  }

  #armTimer(): void {
    const next = this.#heap.peek();
    if (next === undefined || next.dueAt >= this.#timerDueAt) return;
    this.#cancelTimer?.();
    this.#timerDueAt = next.dueAt;
    this.#cancelTimer = this.#clock.setTimeout(
      () => this.#timerFired(),
      Math.max(0, next.dueAt - this.#clock.monotonicMs()),
    );
  }

  #timerFired(): void {
    this.#timerDueAt = Infinity;
    const now = this.#clock.monotonicMs();
    for (let next = this.#heap.peek(); next !== undefined && next.dueAt <= now; next = this.#heap.peek()) {
      this.#heap.pop();
      if (this.#delayed.get(next.key) !== next) continue;
      this.#delayed.delete(next.key);
      this.add(next.key, next.priority);
    }
    this.#armTimer();
  }
}
