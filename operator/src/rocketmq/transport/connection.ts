import { connect, type Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import { clientLanguage, clientVersion, isResponse, type Command } from '../codec/command.ts';
import { encodeFrame, FrameDecoder } from '../codec/frame.ts';
import { RocketmqError, type RocketmqErrorCode } from '../errors.ts';
import { parseAddress } from './address.ts';

export interface ConnectionOptions {
  readonly address: string;
  readonly connectTimeoutMs: number;
  readonly maxFrameBytes: number;
  readonly clock: Clock;
}

export interface Request {
  readonly code: number;
  readonly extFields: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface PendingCall {
  /** The frame until the connection is open, so that a call given up before that is never sent. */
  unsent: Buffer | undefined;
  resolve(response: Command): void;
  reject(error: RocketmqError): void;
}

export interface Wait {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * One TCP connection, from its first request to its end. Any number of requests share it; answers come
 * in any order and are matched by `opaque` alone, as RocketMQ's servers want it.
 */
export class Connection {
  readonly address: string;
  readonly #clock: Clock;
  readonly #socket: Socket;
  readonly #decoder: FrameDecoder;
  readonly #pending = new Map<number, PendingCall>();
  readonly #cancelConnectTimer: () => void;
  #state: 'connecting' | 'open' | 'closed' = 'connecting';
  #retired = false;
  #nextOpaque = 1;
  #lastFrameMs: number;

  /** Called once the connection is open. */
  onOpen: () => void = () => {};
  /** Called once, when the connection has ended; `wasOpen` is false when it was never established. */
  onClosed: (end: { readonly wasOpen: boolean; readonly error: RocketmqError }) => void = () => {};
  /** Called whenever the last waiting call is settled. */
  onIdle: () => void = () => {};

  /** @throws RocketmqError `Invalid` for a malformed address. */
  constructor(options: ConnectionOptions) {
    const { host, port } = parseAddress(options.address);
    this.address = options.address;
    this.#clock = options.clock;
    this.#lastFrameMs = options.clock.monotonicMs();
    this.#decoder = new FrameDecoder(options.maxFrameBytes);
    this.#socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 15_000 });
    this.#cancelConnectTimer = options.clock.setTimeout(
      () => this.#end('Connect', `no connection within ${options.connectTimeoutMs} ms`),
      options.connectTimeoutMs,
    );
    this.#socket
      .on('connect', () => this.#opened())
      .on('data', (chunk) => this.#received(chunk))
      .on('error', (error) =>
        this.#end(this.#state === 'connecting' ? 'Connect' : 'Closed', error.message, error),
      )
      .on('close', () => this.#end('Closed', 'the server closed the connection'));
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  /** True while new requests may use it. */
  get usable(): boolean {
    return this.#state !== 'closed' && !this.#retired;
  }

  /** Monotonic time of the last whole frame from the server, or of opening; bytes alone are no sign of life. */
  get lastFrameMs(): number {
    return this.#lastFrameMs;
  }

  /**
   * Sends one request and resolves with its response, whatever the response's code.
   *
   * @throws RocketmqError `Timeout`, `Aborted`, `Connect`, `Closed` or `Protocol`.
   */
  request(request: Request, wait: Wait): Promise<Command> {
    const opaque = this.#takeOpaque();
    const frame = encodeFrame({
      ...request,
      opaque,
      flag: 0,
      version: clientVersion,
      language: clientLanguage,
    });
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        cancelTimer();
        wait.signal?.removeEventListener('abort', abort);
        this.#pending.delete(opaque);
        if (this.#pending.size === 0) this.#becameIdle();
      };
      const giveUp = (code: RocketmqErrorCode, message: string, cause?: unknown): void => {
        finish();
        reject(this.#error(code, message, cause));
      };
      const abort = (): void => giveUp('Aborted', 'the call was aborted', wait.signal?.reason);
      const cancelTimer = this.#clock.setTimeout(
        () => giveUp('Timeout', `no answer to request ${request.code} within ${wait.timeoutMs} ms`),
        wait.timeoutMs,
      );
      this.#pending.set(opaque, {
        unsent: this.#state === 'open' ? undefined : frame,
        resolve: (response) => {
          finish();
          resolve(response);
        },
        reject: (error) => {
          finish();
          reject(error);
        },
      });
      if (this.#state === 'closed') return giveUp('Closed', 'the connection is closed');
      if (wait.signal?.aborted === true) return abort();
      wait.signal?.addEventListener('abort', abort, { once: true });
      if (this.#state === 'open') this.#socket.write(frame);
    });
  }

  /** Takes no new requests and closes when the waiting ones are settled. */
  retire(): void {
    this.#retired = true;
    if (this.#pending.size === 0) this.#becameIdle();
  }

  close(): void {
    this.#end('Closed', 'the client closed the connection');
  }

  #takeOpaque(): number {
    let opaque = this.#nextOpaque;
    while (this.#pending.has(opaque)) opaque = nextOpaque(opaque);
    this.#nextOpaque = nextOpaque(opaque);
    return opaque;
  }

  #opened(): void {
    this.#cancelConnectTimer();
    this.#state = 'open';
    this.onOpen();
    for (const call of this.#pending.values()) {
      if (call.unsent !== undefined) this.#socket.write(call.unsent);
      call.unsent = undefined;
    }
  }

  #received(chunk: Buffer): void {
    if (this.#state === 'closed') return;
    let commands: readonly Command[];
    try {
      commands = this.#decoder.push(chunk);
    } catch (error) {
      this.#end('Protocol', 'the server sent what is not a RocketMQ frame', error);
      return;
    }
    if (commands.length > 0) this.#lastFrameMs = this.#clock.monotonicMs();
    for (const command of commands) {
      // Brokers also send requests of their own on this socket; and an answer may come after its call gave up.
      if (isResponse(command)) this.#pending.get(command.opaque)?.resolve(command);
    }
  }

  #becameIdle(): void {
    if (this.#retired) this.#end('Closed', 'the connection was retired');
    else if (this.#state !== 'closed') this.onIdle();
  }

  #end(code: RocketmqErrorCode, message: string, cause?: unknown): void {
    if (this.#state === 'closed') return;
    const wasOpen = this.#state === 'open';
    this.#state = 'closed';
    this.#cancelConnectTimer();
    this.#socket.destroy();
    const error = this.#error(code, message, cause);
    for (const call of this.#pending.values()) call.reject(error);
    this.onClosed({ wasOpen, error });
  }

  #error(code: RocketmqErrorCode, message: string, cause?: unknown): RocketmqError {
    return new RocketmqError(code, message, { address: this.address, cause });
  }
}

function nextOpaque(opaque: number): number {
  return opaque === 0x7fff_ffff ? 1 : opaque + 1;
}
