import { startEventually, type Clock, type Logger, type MessageConsumer } from '@gantry/messaging';
import type { Pool } from 'pg';
import type { Health } from './http.ts';

interface Producer {
  start(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

export interface LifetimeOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** What must be done before anything else; tried again until it succeeds. */
  readonly prepare: () => Promise<void>;
  readonly producers: readonly Producer[];
  /** By the consumer group. */
  readonly consumers: Readonly<Record<string, MessageConsumer>>;
  /** Run until the signal aborts; they log what fails, and go on. */
  readonly loops: readonly ((signal: AbortSignal) => Promise<void>)[];
  readonly pools: readonly Pool[];
}

/** The parts of a service from their start to their end. */
export class Lifetime {
  readonly #options: LifetimeOptions;
  readonly #stopping = new AbortController();
  #started = false;
  #progress = 'preparing the database';
  #background: Promise<unknown> = Promise.resolve();

  constructor(options: LifetimeOptions) {
    this.#options = options;
  }

  /**
   * Resolves once everything runs, or when stopped before. Waits for a database, a proxy, a topic and a group that are
   * not there yet: exiting instead would only make Kubernetes back off.
   */
  async start(): Promise<void> {
    const { clock, random, log, prepare, producers, consumers, loops } = this.#options;
    const { signal } = this.#stopping;
    const retry = { clock, random, signal, log };
    await startEventually(prepare, retry);
    if (signal.aborted) return;
    this.#progress = 'connecting';
    await Promise.all(
      [...producers, ...Object.values(consumers)].map((client) =>
        startEventually((each) => client.start(each), retry),
      ),
    );
    if (signal.aborted) return;
    this.#started = true;
    this.#progress = 'running';
    log.info({ groups: Object.keys(consumers) }, 'the service runs');
    this.#background = Promise.all(loops.map((loop) => loop(signal)));
  }

  /**
   * Stays ready while the proxy or Postgres is away: without ready pods a client would see a refused connection instead of
   * the 503 with Retry-After. The checks still tell.
   */
  health(): Health {
    const stopping = this.#stopping.signal.aborted;
    const checks: Record<string, string> = { service: stopping ? 'stopping' : this.#progress };
    for (const [group, consumer] of Object.entries(this.#options.consumers))
      checks[group] = consumer.readiness().reason;
    const started = stopping ? 'Stopping' : 'Running';
    return { state: this.#started ? started : 'Starting', checks };
  }

  /** From now on not ready, but it serves; call `stop` once the last request is answered. */
  beginStop(): void {
    this.#stopping.abort();
  }

  /** Drains the consumers, then closes the producers, which answer checks until the end, and the pools. */
  async stop(): Promise<void> {
    this.beginStop();
    const { consumers, producers, pools } = this.#options;
    await Promise.all(Object.values(consumers).map((consumer) => consumer.stop()));
    await this.#background;
    await Promise.all(producers.map((producer) => producer.stop()));
    await Promise.all(pools.map((pool) => pool.end()));
  }
}
