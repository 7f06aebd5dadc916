import type { KubeApi } from './api.ts';
import { backoffMs } from './backoff.ts';
import type { Clock, Random } from './clock.ts';
import { codeOf, fromStatus, isKubeError, KubeError } from './errors.ts';
import type { Logger } from './logger.ts';
import type { ResourceType } from './resource-types.ts';
import type { KubeObject, WatchEvent } from './types.ts';

/** Where a reflector puts what it sees. A listing comes in pages, so that no second copy of all is held. */
export interface ReflectorSink<T> {
  /** A full listing starts (again, when it had been cut). */
  listStarted(): void;
  listed(objects: readonly T[]): void;
  /** The listing is complete: what it did not name is gone. */
  listEnded(): void;
  observed(event: { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }): void;
}

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: KubeApi;
  readonly type: ResourceType<T>;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly sink: ReflectorSink<T>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface ReflectorStatus {
  readonly lists: number;
  readonly watches: number;
  /** Failures in a row; 0 when the server's last answer was good. */
  readonly failures: number;
  readonly lastError?: string;
}

const PAGE_SIZE = 500;
const BACKOFF = { baseMs: 200, maxMs: 30_000 };
/** A watch ends cleanly all the time, and waiting then only makes the operator blind. */
const CLEAN_CLOSE_PAUSE = { baseMs: 50, maxMs: 1_000 };
/** The server ends a watch after 240–350 s, spread so that all watches do not come back at once. */
const WATCH_SECONDS = { min: 240, spread: 110 };
const INACTIVITY_MARGIN_MS = 30_000;
/** Other errors inside the stream repeat for ever at the same resourceVersion; then list again. */
const ERROR_EVENTS_BEFORE_RELIST = 3;

/** Keeps a sink equal to a collection of the API server, over every failure, until aborted. */
export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #selection: { namespace?: string; labelSelector?: string; fieldSelector?: string };
  /** Where the next watch starts; undefined: list first. */
  #resourceVersion: string | undefined;
  #failures = 0;
  /** Watches that were answered 410, with no event in between. */
  #goneInARow = 0;
  #errorEvents = 0;
  #emptyWatches = 0;
  #listWasCut = false;
  #lists = 0;
  #watches = 0;
  #lastError: string | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#selection = {
      ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
      ...(options.labelSelector === undefined ? {} : { labelSelector: options.labelSelector }),
      ...(options.fieldSelector === undefined ? {} : { fieldSelector: options.fieldSelector }),
    };
  }

  status(): ReflectorStatus {
    return {
      lists: this.#lists,
      watches: this.#watches,
      failures: this.#failures,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }

  /** Resolves once the signal is aborted; nothing is opened after that. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const pauseMs = await this.#step(signal);
      if (pauseMs > 0) await this.#pause(pauseMs, signal);
    }
  }

  /** One list or one watch. Returns how long to wait before the next. */
  async #step(signal: AbortSignal): Promise<number> {
    try {
      if (this.#resourceVersion === undefined) {
        this.#resourceVersion = await this.#list(signal);
        return 0;
      }
      return await this.#watch(this.#resourceVersion, signal);
    } catch (error) {
      return signal.aborted ? 0 : this.#failed(error);
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { client, type, sink } = this.#options;
    // A list cut by compaction between two pages starts over, the next time without pages: one that is
    // slower than the compaction interval would never end otherwise.
    const limit = this.#listWasCut ? {} : { limit: PAGE_SIZE };
    this.#lists += 1;
    sink.listStarted();
    let next: { continue?: string } = {};
    for (;;) {
      const page = await client.list(type, { ...this.#selection, ...limit, ...next }, { signal });
      sink.listed(page.items);
      if (page.continue === undefined) {
        sink.listEnded();
        this.#listWasCut = false;
        // The server is back: what failed before it was tells nothing of what comes.
        this.#failures = 0;
        return page.resourceVersion;
      }
      next = { continue: page.continue };
    }
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<number> {
    const { client, type, random } = this.#options;
    const timeoutSeconds = Math.round(WATCH_SECONDS.min + random() * WATCH_SECONDS.spread);
    const inactivityMs = timeoutSeconds * 1000 + INACTIVITY_MARGIN_MS;
    this.#watches += 1;
    let events = 0;
    const stream = client.watch(
      type,
      { ...this.#selection, resourceVersion, timeoutSeconds, inactivityMs },
      signal,
    );
    for await (const event of stream) {
      if (signal.aborted) return 0;
      this.#observe(event);
      events += 1;
    }
    // Clean end. Only watches that the server closes at once, over and over, are slowed down.
    this.#failures = 0;
    this.#goneInARow = 0;
    this.#emptyWatches = events > 0 ? 0 : this.#emptyWatches + 1;
    return backoffMs(this.#emptyWatches, CLEAN_CLOSE_PAUSE, random);
  }

  #observe(event: WatchEvent<T>): void {
    if (event.type === 'ERROR') {
      const failure = fromStatus(
        `WATCH ${this.#options.type.plural}`,
        event.status.code ?? 500,
        event.status,
      );
      if (codeOf(event.status.code ?? 500, event.status.reason) !== 'Gone') this.#errorEvents += 1;
      throw failure;
    }
    this.#failures = 0;
    this.#goneInARow = 0;
    this.#errorEvents = 0;
    this.#lastError = undefined;
    if (event.type === 'BOOKMARK') {
      this.#resourceVersion = event.resourceVersion;
      return;
    }
    this.#options.sink.observed(event);
    this.#resourceVersion = event.object.metadata.resourceVersion ?? this.#resourceVersion;
  }

  #failed(error: unknown): number {
    const { random, log, type } = this.#options;
    const isGone = isKubeError(error, 'Gone');
    const wasWatching = this.#resourceVersion !== undefined;
    this.#failures += 1;
    this.#listWasCut ||= isGone && !wasWatching;
    this.#lastError = error instanceof KubeError ? error.code : 'Internal';
    if (isGone || !(error instanceof KubeError) || this.#errorEvents >= ERROR_EVENTS_BEFORE_RELIST) {
      // History is compacted, or what was seen cannot be trusted: only a full listing helps.
      this.#resourceVersion = undefined;
      this.#errorEvents = 0;
    }
    if (isGone && wasWatching) this.#goneInARow += 1;
    const expected = isGone && wasWatching && this.#goneInARow === 1;
    const message = error instanceof Error ? error.message : String(error);
    if (expected) log.debug({ resource: type.plural }, 'watch history expired, listing again');
    else
      log.warn({ resource: type.plural, failures: this.#failures, error: message }, 'list or watch failed');
    const asked = error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
    const failures = Math.max(this.#failures, this.#goneInARow);
    return expected ? 0 : Math.max(asked, backoffMs(failures, BACKOFF, random));
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#options.clock.sleep(ms, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
