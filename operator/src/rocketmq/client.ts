import type { BrokerAdmin, ConsumerAdmin, ControllerAdmin, NameServerAdmin } from './admin.ts';
import { brokerAdmin } from './calls/broker.ts';
import { Caller } from './calls/caller.ts';
import { consumerCalls } from './calls/consumers.ts';
import { controllerAdmin } from './calls/controller.ts';
import { nameServerAdmin } from './calls/name-server.ts';
import { systemClock, type Clock } from './clock.ts';
import type { Credentials } from './signing.ts';
import { ConnectionPool } from './transport/pool.ts';

export interface RocketmqClientOptions {
  readonly connectTimeoutMs?: number;
  /** Deadline of a call that names none. */
  readonly requestTimeoutMs?: number;
  /** A connection without calls is closed after this; servers do it after 120 s. */
  readonly idleTimeoutMs?: number;
  /** A larger answer is refused, and its connection closed. */
  readonly maxFrameBytes?: number;
  readonly credentials?: Credentials;
  /**
   * Pass a leader elector's `isLeader`: after a pause of the whole process, what was about to change a server is stopped
   * (code `Aborted`) before any timer had a chance to fire.
   */
  readonly mayWrite?: () => boolean;
  readonly clock?: Clock;
  /** In [0, 1), as Math.random. */
  readonly random?: () => number;
}

const defaults = {
  connectTimeoutMs: 3_000,
  requestTimeoutMs: 5_000,
  idleTimeoutMs: 60_000,
  // Servers limit what they read to 16 MiB, not what they write.
  maxFrameBytes: 64 * 1024 * 1024,
  clock: systemClock,
  random: Math.random,
};

/**
 * Admin calls to any number of RocketMQ servers, one shared connection each. Addresses are `host:port`.
 * Making an admin costs nothing and needs no closing.
 */
export class RocketmqClient {
  readonly #pool: ConnectionPool;
  readonly #requestTimeoutMs: number;
  readonly #credentials: Credentials | undefined;
  readonly #mayWrite: (() => boolean) | undefined;
  readonly #clock: Clock;

  constructor(options: RocketmqClientOptions = {}) {
    const { credentials, requestTimeoutMs, mayWrite, ...transport } = { ...defaults, ...options };
    this.#pool = new ConnectionPool(transport);
    this.#requestTimeoutMs = requestTimeoutMs;
    this.#credentials = credentials;
    this.#mayWrite = mayWrite;
    this.#clock = transport.clock;
  }

  /** Calls that wait for an answer. */
  get pendingCount(): number {
    return this.#pool.pendingCount;
  }

  nameServer(address: string): NameServerAdmin {
    return nameServerAdmin(this.#caller(address));
  }

  broker(address: string): BrokerAdmin {
    return brokerAdmin(this.#caller(address));
  }

  /** Its remoting port. */
  proxy(address: string): ConsumerAdmin {
    const caller = this.#caller(address);
    return { address, ...consumerCalls(caller) };
  }

  controller(address: string): ControllerAdmin {
    return controllerAdmin(this.#caller(address), this.#clock);
  }

  /** Ends every connection; waiting and later calls fail with `Closed`. */
  close(): Promise<void> {
    this.#pool.close();
    return Promise.resolve();
  }

  #caller(address: string): Caller {
    return new Caller({
      transport: this.#pool,
      address,
      requestTimeoutMs: this.#requestTimeoutMs,
      credentials: this.#credentials,
      mayWrite: this.#mayWrite,
    });
  }
}
