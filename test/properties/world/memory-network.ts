import type { Clock } from '../../../operator/src/kube/mod.ts';
import { MalformedFrame, isResponse, type Command } from '../../../operator/src/rocketmq/codec/command.ts';
import { FrameDecoder } from '../../../operator/src/rocketmq/codec/frame.ts';
import { RocketmqError, type RocketmqErrorCode } from '../../../operator/src/rocketmq/errors.ts';
import type { Request, Wait } from '../../../operator/src/rocketmq/transport/connection.ts';
import type { Transport } from '../../../operator/src/rocketmq/transport/pool.ts';
import type { Endpoint, Network, Opened, Reaction, Receive } from '../../fakes/network.ts';

const maxFrameBytes = 64 * 1024 * 1024;

/**
 * Servers and clients in one process, on a clock that a test moves: each request takes a moment to its server, and each
 * answer one back. Frames are real ones.
 */
export class MemoryNetwork implements Network, Transport {
  /** What arrives in place of an answer. */
  disturb: (answer: Reaction, request: Command, address: string) => Reaction = (answer) => answer;
  /** Told of each request when it reaches its server. */
  onRequest: (address: string, request: Command) => void = () => undefined;
  readonly #clock: Clock;
  readonly #latencyMs: () => number;
  readonly #servers = new Map<string, Receive>();
  #hosts = 0;
  #opaque = 0;

  constructor(clock: Clock, latencyMs: () => number = () => 1) {
    this.#clock = clock;
    this.#latencyMs = latencyMs;
  }

  async open(endpoint: Endpoint, receive: Receive): Promise<Opened> {
    const opened = endpoint.port === 0 ? this.#newEndpoint() : endpoint;
    const address = `${opened.host}:${opened.port}`;
    this.#servers.set(address, receive);
    const close = async (): Promise<void> => void this.#servers.delete(address);
    return { endpoint: opened, close };
  }

  call(address: string, { code, extFields, body }: Request, wait: Wait): Promise<Command> {
    this.#opaque += 1;
    const request = { code, extFields, body, opaque: this.#opaque, flag: 0, version: 479, language: 'OTHER' };
    const { promise, resolve, reject } = Promise.withResolvers<Command>();
    const timers: (() => void)[] = [];
    const after = (ms: number, act: () => void): void => void timers.push(this.#clock.setTimeout(act, ms));
    const end = (): void => {
      for (const cancel of timers) cancel();
      wait.signal?.removeEventListener('abort', abort);
    };
    const fail = (errorCode: RocketmqErrorCode, message: string, cause?: unknown): void => {
      end();
      reject(new RocketmqError(errorCode, message, { address, cause }));
    };
    const abort = (): void => fail('Aborted', 'the call was aborted', wait.signal?.reason);
    const answered = (reaction: Reaction): void => {
      if (reaction === 'Silence') return;
      if (reaction === 'Cut') return fail('Closed', 'the server closed the connection');
      try {
        const answer = new FrameDecoder(maxFrameBytes)
          .push(reaction)
          .find((command) => isResponse(command) && command.opaque === request.opaque);
        if (answer === undefined) return;
        end();
        resolve(answer);
      } catch (error) {
        if (!(error instanceof MalformedFrame)) throw error;
        fail('Protocol', 'the server sent what is not a RocketMQ frame', error);
      }
    };
    if (wait.signal?.aborted === true) abort();
    else {
      wait.signal?.addEventListener('abort', abort, { once: true });
      after(wait.timeoutMs, () =>
        fail('Timeout', `no answer to request ${code} within ${wait.timeoutMs} ms`),
      );
      after(this.#latencyMs(), () => {
        const receive = this.#servers.get(address);
        if (receive === undefined) return fail('Connect', 'connect ECONNREFUSED');
        const reaction = this.#served(address, receive, request);
        after(this.#latencyMs(), () => answered(reaction));
      });
    }
    return promise;
  }

  #served(address: string, receive: Receive, request: Command): Reaction {
    this.onRequest(address, request);
    try {
      return this.disturb(receive(request), request, address);
    } catch {
      // As over TCP: what a server cannot read ends the connection.
      return 'Cut';
    }
  }

  #newEndpoint(): Endpoint {
    this.#hosts += 1;
    return { host: `10.0.0.${this.#hosts}`, port: 10_911 };
  }
}
