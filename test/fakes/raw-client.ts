import type { Command } from '../../operator/src/rocketmq/codec/command.ts';
import { ConnectionPool } from '../../operator/src/rocketmq/transport/pool.ts';
import { systemClock } from '../../operator/src/kube/mod.ts';

/** Requests that the admin client would never send: the traps themselves. */
export class RawClient {
  readonly #pool = new ConnectionPool({
    connectTimeoutMs: 3_000,
    idleTimeoutMs: 10_000,
    maxFrameBytes: 16 * 1024 * 1024,
    clock: systemClock,
    random: Math.random,
  });

  async call(
    address: string,
    code: number,
    extFields: Readonly<Record<string, string>> = {},
    body = '',
  ): Promise<Command> {
    return this.#pool.call(
      address,
      { code, extFields, body: Buffer.from(body) },
      { timeoutMs: 10_000, signal: undefined },
    );
  }

  close(): void {
    this.#pool.close();
  }
}
