import type { BrokerAdmin, ConsumerAdmin, ControllerAdmin, NameServerAdmin } from './admin.ts';
import { adminsOf, type Admins } from './admins.ts';
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

/** Admin calls to any number of RocketMQ servers, one shared connection each. */
export class RocketmqClient implements Admins {
  readonly #pool: ConnectionPool;
  readonly #adminsAs: (credentials: Credentials | undefined) => Admins;
  readonly #admins: Admins;

  constructor(options: RocketmqClientOptions = {}) {
    const { credentials, requestTimeoutMs, mayWrite, ...transport } = { ...defaults, ...options };
    const pool = new ConnectionPool(transport);
    this.#pool = pool;
    this.#adminsAs = (signer) =>
      adminsOf({ transport: pool, requestTimeoutMs, mayWrite, credentials: signer }, transport.clock);
    this.#admins = this.#adminsAs(credentials);
  }

  /** Calls that wait for an answer. */
  get pendingCount(): number {
    return this.#pool.pendingCount;
  }

  nameServer(address: string): NameServerAdmin {
    return this.#admins.nameServer(address);
  }

  broker(address: string): BrokerAdmin {
    return this.#admins.broker(address);
  }

  proxy(address: string): ConsumerAdmin {
    return this.#admins.proxy(address);
  }

  controller(address: string): ControllerAdmin {
    return this.#admins.controller(address);
  }

  /** The same connections and limits, with requests that others sign, or nobody. They end with this client. */
  as(credentials: Credentials | undefined): Admins {
    return this.#adminsAs(credentials);
  }

  /** Ends every connection; waiting and later calls fail with `Closed`. */
  close(): Promise<void> {
    this.#pool.close();
    return Promise.resolve();
  }
}
