import { randomBytes } from 'node:crypto';
import type { KubeApi } from './api.ts';
import { backoffMs } from './backoff.ts';
import type { Clock, Random } from './clock.ts';
import { isKubeError } from './errors.ts';
import {
  newSeries,
  seriesKey,
  seriesPatch,
  toEvent,
  type EventInput,
  type EventSource,
  type Series,
} from './event-series.ts';
import type { Logger } from './logger.ts';
import { Events } from './resource-types.ts';
import { TokenBucket } from './token-bucket.ts';
import type { KubeObject } from './types.ts';

/** Depend on this; tests can then hand in a list. */
export interface EventSink {
  /** Never waits and never throws: events are best effort. */
  record(regarding: KubeObject, event: EventInput): void;
}

export interface EventRecorderOptions {
  readonly client: KubeApi;
  readonly source: EventSource;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Default: hex of 8 random bytes. */
  readonly uniqueSuffix?: () => string;
}

/**
 * As in client-go: 25 events at once, then one every five minutes. For each reason of an object on its own, though: a
 * cluster that was just made has told of thirty children, and must still be heard when a master changes.
 */
const BURST = 25;
const REFILL_MS = 300_000;
/** Every other occurrence within this only counts up. */
const SERIES_IDLE_MS = 360_000;
/** A count is written this often at most. */
const SERIES_FLUSH_MS = 60_000;
/** Caps of memory: subjects, texts and objects come from outside. */
const MAX_SERIES = 2_000;
const MAX_BUCKETS = 2_000;
const MAX_PENDING = 1_000;
const ATTEMPTS = 4;
const BACKOFF = { baseMs: 500, maxMs: 10_000 };
const LAST_WORDS_MS = 2_000;

/** Writes events.k8s.io/v1 Events: repeated ones as a series, at a bounded rate and in bounded memory. */
export class EventRecorder implements EventSink {
  readonly #options: EventRecorderOptions;
  readonly #uniqueSuffix: () => string;
  /** In order of their last occurrence. */
  readonly #series = new Map<string, Series>();
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #pending = new Set<Series>();
  #wake: (() => void) | undefined;
  #flushIsDue = false;
  #cancelFlush: (() => void) | undefined;
  #dropped = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#uniqueSuffix = options.uniqueSuffix ?? (() => randomBytes(8).toString('hex'));
  }

  record(regarding: KubeObject, input: EventInput): void {
    const nowMs = this.#options.clock.now();
    const key = seriesKey(regarding, input);
    const known = this.#series.get(key);
    if (known !== undefined && nowMs - known.lastAtMs < SERIES_IDLE_MS) {
      known.count += 1;
      known.lastAtMs = nowMs;
      touch(this.#series, key, known, MAX_SERIES);
      this.#armFlush();
      return;
    }
    if (!this.#mayCreate(regarding, input.reason) || this.#pending.size >= MAX_PENDING) {
      this.#dropped += 1;
      return;
    }
    const series = newSeries(regarding, input, nowMs, this.#uniqueSuffix());
    touch(this.#series, key, series, MAX_SERIES);
    this.#enqueue(series);
  }

  status(): { readonly pending: number; readonly series: number; readonly dropped: number } {
    return { pending: this.#pending.size, series: this.#series.size, dropped: this.#dropped };
  }

  /** Writes events until aborted; then what is pending gets two seconds. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#flushIsDue) this.#flush();
      const [series] = this.#pending;
      if (series === undefined) await this.#sleepUntilWoken(signal);
      else {
        this.#pending.delete(series);
        await this.#write(series, signal);
      }
    }
    this.#cancelFlush?.();
    const last = new AbortController();
    const cancel = this.#options.clock.setTimeout(() => last.abort(), LAST_WORDS_MS);
    for (const series of this.#pending) {
      if (!last.signal.aborted) await this.#write(series, last.signal);
    }
    this.#pending.clear();
    cancel();
  }

  #mayCreate(regarding: KubeObject, reason: string): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    const object = regarding.metadata.uid ?? `${regarding.kind}/${regarding.metadata.name}`;
    const subject = `${object}\0${reason}`;
    const bucket = this.#buckets.get(subject) ?? new TokenBucket(BURST, REFILL_MS, nowMs);
    touch(this.#buckets, subject, bucket, MAX_BUCKETS);
    return bucket.take(nowMs);
  }

  #enqueue(series: Series): void {
    this.#pending.add(series);
    this.#wake?.();
  }

  #armFlush(): void {
    this.#cancelFlush ??= this.#options.clock.setTimeout(() => {
      this.#cancelFlush = undefined;
      this.#flushIsDue = true;
      this.#wake?.();
    }, SERIES_FLUSH_MS);
  }

  #flush(): void {
    this.#flushIsDue = false;
    const nowMs = this.#options.clock.now();
    for (const [key, series] of this.#series) {
      if (series.count > Math.max(series.writtenCount, 1)) this.#enqueue(series);
      else if (nowMs - series.lastAtMs >= SERIES_IDLE_MS) this.#series.delete(key);
    }
  }

  #sleepUntilWoken(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => {
      this.#wake = undefined;
      signal.removeEventListener('abort', wake);
      resolve();
    };
    this.#wake = wake;
    signal.addEventListener('abort', wake, { once: true });
    return promise;
  }

  async #write(series: Series, signal: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#options;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        await this.#send(series, signal);
        return;
      } catch (error) {
        if (signal.aborted) return this.#giveBack(series);
        if (attempt >= ATTEMPTS || !isKubeError(error) || !error.retryable) {
          // A namespace that is going away refuses events, and that is all right.
          if (isKubeError(error, 'Forbidden', 'NotFound')) log.debug({ err: error }, 'event refused');
          else log.warn({ err: error, reason: series.input.reason }, 'event dropped');
          this.#dropped += 1;
          return;
        }
        const pauseMs = Math.max(error.retryAfterMs ?? 0, backoffMs(attempt, BACKOFF, random));
        await clock.sleep(pauseMs, signal).catch(() => this.#giveBack(series));
      }
    }
  }

  /** Interrupted by the stop: the last words take it up. */
  #giveBack(series: Series): void {
    this.#pending.add(series);
  }

  async #send(series: Series, signal: AbortSignal): Promise<void> {
    const { client, source } = this.#options;
    const count = series.count;
    if (series.writtenCount > 0) {
      const key = { namespace: series.namespace, name: series.name };
      try {
        await client.mergePatch(Events, key, seriesPatch(series), { signal });
        series.writtenCount = count;
        return;
      } catch (error) {
        if (!isKubeError(error, 'NotFound')) throw error; // expired on the server: goes out anew
      }
    }
    try {
      await client.create(Events, toEvent(series, source), { signal });
    } catch (error) {
      if (!isKubeError(error, 'AlreadyExists')) throw error; // an earlier try got through
    }
    series.writtenCount = count;
  }
}

/** Moves the entry to the young end of the map and drops the oldest above the cap. */
function touch<V>(map: Map<string, V>, key: string, value: V, cap: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= cap) return;
  const oldest = map.keys().next().value;
  if (oldest !== undefined) map.delete(oldest);
}
