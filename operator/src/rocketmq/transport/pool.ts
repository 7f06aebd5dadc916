import type { Command } from '../codec/command.ts';
import { RocketmqError } from '../errors.ts';
import type { Request, Wait } from './connection.ts';
import { Endpoint, type TransportOptions } from './endpoint.ts';

/** Sends a request to an address and resolves with whatever the server answers. */
export interface Transport {
  call(address: string, request: Request, wait: Wait): Promise<Command>;
}

/** One connection per server, shared by all callers. */
export class ConnectionPool implements Transport {
  readonly #options: TransportOptions;
  readonly #endpoints = new Map<string, Endpoint>();
  #closed = false;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  get pendingCount(): number {
    return [...this.#endpoints.values()].reduce((sum, endpoint) => sum + endpoint.pendingCount, 0);
  }

  async call(address: string, request: Request, wait: Wait): Promise<Command> {
    if (this.#closed) throw new RocketmqError('Closed', 'the client is closed', { address });
    return this.#endpoint(address).call(request, wait);
  }

  close(): void {
    this.#closed = true;
    for (const endpoint of this.#endpoints.values()) endpoint.close();
    this.#endpoints.clear();
  }

  #endpoint(address: string): Endpoint {
    const known = this.#endpoints.get(address);
    if (known !== undefined) return known;
    // Servers come and go over an operator's life; those that are out of use must not pile up.
    for (const [other, endpoint] of this.#endpoints) {
      if (endpoint.dormant) this.#endpoints.delete(other);
    }
    const endpoint = new Endpoint(address, this.#options);
    this.#endpoints.set(address, endpoint);
    return endpoint;
  }
}
