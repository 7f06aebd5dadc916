import type { Clock } from '../clock.ts';
import type { Command } from '../codec/command.ts';
import { responseCodes } from '../codes.ts';
import { RocketmqError } from '../errors.ts';
import { Connection, type Request, type Wait } from './connection.ts';

export interface TransportOptions {
  readonly connectTimeoutMs: number;
  readonly maxFrameBytes: number;
  /** An unused connection is closed after this; below the 120 s after which servers do it themselves. */
  readonly idleTimeoutMs: number;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

const firstBackoffMs = 50;
/** Short: callers have their own backoff, this one only spares the network from many callers at once. */
const maxBackoffMs = 1000;

/**
 * The way to one server: a connection that is opened when first needed, opened again after it broke, and
 * closed when unused. While the server refuses connections, calls fail at once instead of each trying.
 */
export class Endpoint {
  readonly address: string;
  readonly #options: TransportOptions;
  #current: Connection | undefined;
  /** Every connection that still has waiting calls, retired ones too. */
  readonly #alive = new Set<Connection>();
  #failures = 0;
  #closed = false;
  #blocked: { readonly untilMs: number; readonly message: string; readonly cause: unknown } | undefined;
  #cancelIdleTimer: () => void = () => {};

  constructor(address: string, options: TransportOptions) {
    this.address = address;
    this.#options = options;
  }

  get pendingCount(): number {
    return [...this.#alive].reduce((sum, connection) => sum + connection.pendingCount, 0);
  }

  /** Nothing is lost when this endpoint is forgotten. */
  get dormant(): boolean {
    return this.#alive.size === 0 && !this.#isBlocked();
  }

  /** @throws RocketmqError; see Connection.request. */
  async call(request: Request, wait: Wait): Promise<Command> {
    const { clock } = this.#options;
    const deadlineMs = clock.monotonicMs() + wait.timeoutMs;
    const response = await this.#callOnce(request, wait);
    if (response.code !== responseCodes.goAway) return response;
    // A server that stops answers GO_AWAY without having done anything; behind the same address there may
    // be another one already.
    const timeoutMs = Math.max(deadlineMs - clock.monotonicMs(), 1);
    const second = await this.#callOnce(request, { ...wait, timeoutMs });
    if (second.code !== responseCodes.goAway) return second;
    throw this.#error('Closed', 'the server is shutting down', second.code);
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#alive) connection.close();
  }

  async #callOnce(request: Request, wait: Wait): Promise<Command> {
    const connection = this.#connection();
    const startMs = this.#options.clock.monotonicMs();
    try {
      const response = await connection.request(request, wait);
      if (response.code === responseCodes.goAway) connection.retire();
      return response;
    } catch (error) {
      // A peer that vanished without a word would otherwise swallow every later call until TCP gives up; so
      // would one that began an answer and never ends it.
      const silent = connection.lastFrameMs <= startMs;
      if (error instanceof RocketmqError && error.code === 'Timeout' && silent) connection.retire();
      throw error;
    }
  }

  #connection(): Connection {
    // A call whose first answer was GO_AWAY may come back after the client was closed.
    if (this.#closed) throw this.#error('Closed', 'the client is closed');
    this.#cancelIdleTimer();
    if (this.#current?.usable === true) return this.#current;
    if (this.#blocked !== undefined && this.#isBlocked()) {
      const { message, cause } = this.#blocked;
      throw this.#error('Connect', `not tried again yet after: ${message}`, undefined, cause);
    }
    const connection = new Connection({ address: this.address, ...this.#options });
    connection.onOpen = () => {
      this.#failures = 0;
      this.#blocked = undefined;
    };
    connection.onIdle = () => this.#closeWhenUnused(connection);
    connection.onClosed = ({ wasOpen, error }) => {
      this.#alive.delete(connection);
      if (this.#current === connection) {
        this.#current = undefined;
        this.#cancelIdleTimer();
      }
      if (!wasOpen && error.code === 'Connect') this.#backOff(error);
    };
    this.#alive.add(connection);
    this.#current = connection;
    return connection;
  }

  #closeWhenUnused(connection: Connection): void {
    if (connection !== this.#current) return;
    this.#cancelIdleTimer();
    this.#cancelIdleTimer = this.#options.clock.setTimeout(
      () => connection.close(),
      this.#options.idleTimeoutMs,
    );
  }

  #backOff(error: RocketmqError): void {
    const { clock, random } = this.#options;
    const limitMs = Math.min(firstBackoffMs * 2 ** this.#failures, maxBackoffMs);
    this.#failures++;
    const untilMs = clock.monotonicMs() + limitMs * (0.5 + random() / 2);
    this.#blocked = { untilMs, message: error.reason, cause: error.cause };
  }

  #isBlocked(): boolean {
    return this.#blocked !== undefined && this.#options.clock.monotonicMs() < this.#blocked.untilMs;
  }

  #error(code: 'Connect' | 'Closed', message: string, responseCode?: number, cause?: unknown): RocketmqError {
    return new RocketmqError(code, message, { address: this.address, responseCode, cause });
  }
}
