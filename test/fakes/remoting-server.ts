import { createServer, type Server, type Socket } from 'node:net';
import type { Command } from '../../operator/src/rocketmq/codec/command.ts';
import { encodeFrame, FrameDecoder } from '../../operator/src/rocketmq/codec/frame.ts';

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
const MAX_FRAME_BYTES = 64 * 1024 * 1024;

export const success: Reply = { code: responseCodes.success };

/** The first line is what a client shows; the real brokers append a Java stack trace to some refusals. */
export function refusal(code: number, remark: string): Reply {
  return { code, remark };
}

export interface Endpoint {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

const LOOPBACK: Endpoint = { host: '127.0.0.1', port: 0 };

/** A RocketMQ process as the network sees it: real frames over TCP on loopback, faults on demand. */
export class RemotingServer {
  fault: Fault = 'None';
  /** Request codes that are never answered, whatever the fault. */
  readonly swallowed = new Set<number>();
  /** Requests answered or swallowed, by code. */
  readonly calls = new Map<number, number>();
  /** Asked before each request; for tests that cut a client off. */
  fateOf: (request: Command) => Fate = () => 'Serve';
  readonly #handle: RequestHandler;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #endpoint: Endpoint;

  constructor(handle: RequestHandler, endpoint: Endpoint = LOOPBACK) {
    this.#handle = handle;
    this.#endpoint = endpoint;
  }

  get address(): string {
    return `${this.#endpoint.host}:${this.#endpoint.port}`;
  }

  get isListening(): boolean {
    return this.#server !== undefined;
  }

  /** Starts, or starts again on the port it had. */
  async listen(): Promise<void> {
    const server = createServer((socket) => this.#accept(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#endpoint.port, this.#endpoint.host, resolve);
    });
    const bound = server.address();
    if (typeof bound === 'object' && bound !== null) this.#endpoint = { ...this.#endpoint, port: bound.port };
    this.#server = server;
  }

  /** Refuses connections from now on and cuts those that exist, as a killed process does. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  callCount(code: number): number {
    return this.calls.get(code) ?? 0;
  }

  #accept(socket: Socket): void {
    const decoder = new FrameDecoder(MAX_FRAME_BYTES);
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      try {
        for (const request of decoder.push(chunk)) this.#answer(socket, request);
      } catch {
        // As the Java server does: an undecodable frame ends the connection without an answer.
        socket.destroy();
      }
    });
  }

  #answer(socket: Socket, request: Command): void {
    this.calls.set(request.code, this.callCount(request.code) + 1);
    if (this.swallowed.has(request.code)) return;
    switch (this.fault) {
      case 'Hang':
        return;
      case 'Drop':
        socket.destroy();
        return;
      case 'Busy':
        send(socket, request, refusal(responseCodes.busy, '[OVERLOAD]system busy, start flow control'));
        return;
      case 'None':
        this.#serve(socket, request);
    }
  }

  #serve(socket: Socket, request: Command): void {
    const fate = this.fateOf(request);
    if (fate === 'Hang') return;
    const reply = fate === 'Drop' ? undefined : this.#handle(request);
    if (fate === 'Serve' && reply !== undefined) send(socket, request, reply);
    else socket.destroy();
  }
}

function send(socket: Socket, request: Command, reply: Reply): void {
  const frame = encodeFrame({
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
  socket.write(frame);
}
