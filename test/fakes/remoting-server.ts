import type { Command } from '../../operator/src/rocketmq/codec/command.ts';
import { encodeFrame } from '../../operator/src/rocketmq/codec/frame.ts';
import { loopback, type Endpoint, type Network, type Reaction } from './network.ts';

export interface Reply {
  readonly code: number;
  readonly remark?: string;
  readonly extFields?: Readonly<Record<string, string>>;
  /** Text as the Java server writes it, which is not always JSON. */
  readonly body?: string;
}

export type RequestHandler = (request: Command) => Reply;

/**
 * What becomes of one request.
 * - `Serve`: it is answered.
 * - `Drop`: it never arrived: the connection is cut.
 * - `Mute`: it is carried out, and the connection is cut before the answer.
 * - `Hang`: it is read, and that is all; the connection stays.
 */
export type Fate = 'Serve' | 'Drop' | 'Mute' | 'Hang';

/**
 * How a server misbehaves.
 * - `Hang`: reads requests and never answers, as a stopped process or a full disk does.
 * - `Drop`: closes the connection on each request.
 * - `Busy`: answers SYSTEM_BUSY.
 */
export type Fault = 'None' | 'Hang' | 'Drop' | 'Busy';

export const responseCodes = {
  success: 0,
  systemError: 1,
  busy: 2,
  notSupported: 3,
  noPermission: 16,
  topicNotExist: 17,
  groupNotExist: 26,
  invalidParameter: 29,
  consumerNotOnline: 206,
} as const;

/** RocketMQ 5.5.0 says this of itself in every answer. */
const SERVER_VERSION = 513;

export const success: Reply = { code: responseCodes.success };

/** The first line is what a client shows; the real brokers append a Java stack trace to some refusals. */
export function refusal(code: number, remark: string): Reply {
  return { code, remark };
}

const anyPort: Endpoint = { host: '127.0.0.1', port: 0 };

/** A RocketMQ process as the network sees it: real frames, faults on demand. */
export class RemotingServer {
  fault: Fault = 'None';
  /** Request codes that are never answered, whatever the fault. */
  readonly swallowed = new Set<number>();
  /** Requests answered or swallowed, by code. */
  readonly calls = new Map<number, number>();
  /** Asked before each request; for tests that cut a client off. */
  fateOf: (request: Command) => Fate = () => 'Serve';
  readonly #handle: RequestHandler;
  readonly #network: Network;
  #close: (() => Promise<void>) | undefined;
  #endpoint: Endpoint;

  constructor(handle: RequestHandler, endpoint: Endpoint = anyPort, network: Network = loopback) {
    this.#handle = handle;
    this.#endpoint = endpoint;
    this.#network = network;
  }

  get address(): string {
    return `${this.#endpoint.host}:${this.#endpoint.port}`;
  }

  get isListening(): boolean {
    return this.#close !== undefined;
  }

  /** Starts, or starts again on the port it had. */
  async listen(): Promise<void> {
    const { endpoint, close } = await this.#network.open(this.#endpoint, (request) => this.#receive(request));
    this.#endpoint = endpoint;
    this.#close = close;
  }

  /** Refuses connections from now on and cuts those that exist, as a killed process does. */
  async close(): Promise<void> {
    const close = this.#close;
    this.#close = undefined;
    await close?.();
  }

  callCount(code: number): number {
    return this.calls.get(code) ?? 0;
  }

  #receive(request: Command): Reaction {
    this.calls.set(request.code, this.callCount(request.code) + 1);
    if (this.swallowed.has(request.code)) return 'Silence';
    switch (this.fault) {
      case 'Hang':
        return 'Silence';
      case 'Drop':
        return 'Cut';
      case 'Busy':
        return frameOf(request, refusal(responseCodes.busy, '[OVERLOAD]system busy, start flow control'));
      case 'None':
        return this.#serve(request);
      default:
        return this.fault satisfies never;
    }
  }

  #serve(request: Command): Reaction {
    const fate = this.fateOf(request);
    if (fate === 'Hang') return 'Silence';
    const reply = fate === 'Drop' ? undefined : this.#handle(request);
    return fate === 'Serve' && reply !== undefined ? frameOf(request, reply) : 'Cut';
  }
}

function frameOf(request: Command, reply: Reply): Buffer {
  return encodeFrame({
    code: reply.code,
    opaque: request.opaque,
    flag: 1,
    version: SERVER_VERSION,
    language: 'JAVA',
    // The real servers forget to clear this text on many successes.
    remark: reply.remark ?? 'not set any response code',
    extFields: reply.extFields ?? {},
    body: Buffer.from(reply.body ?? ''),
  });
}
