import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Command } from '../codec/command.ts';
import { encodeFrame, FrameDecoder } from '../codec/frame.ts';

export interface Exchange {
  readonly request: Command;
  readonly socket: Socket;
  /** Which connection, from 0. */
  readonly connection: number;
  /** Sends a response to the request; `change` overrides its fields. */
  readonly reply: (change?: Partial<Command>) => void;
}

/** A RocketMQ server on loopback that does what a test tells it, from the wire up. */
export class ScriptedServer {
  /** Every request that arrived, in order. */
  readonly exchanges: Exchange[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #script: (exchange: Exchange) => void;
  #waiting: (() => void)[] = [];
  #connections = 0;

  private constructor(script: (exchange: Exchange) => void) {
    this.#script = script;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async listen(script: (exchange: Exchange) => void = () => {}): Promise<ScriptedServer> {
    const server = new ScriptedServer(script);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get address(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the server does not listen');
    return `127.0.0.1:${address.port}`;
  }

  /** Connections that were ever accepted. */
  get connections(): number {
    return this.#connections;
  }

  /** Resolves once that many requests have arrived. */
  async received(count: number): Promise<readonly Exchange[]> {
    await this.#until(() => this.exchanges.length >= count);
    return this.exchanges;
  }

  /** Resolves once no connection is open. */
  async disconnected(): Promise<void> {
    await this.#until(() => this.#sockets.size === 0);
  }

  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.dropConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    const connection = this.#connections++;
    const decoder = new FrameDecoder(16 * 1024 * 1024);
    this.#sockets.add(socket);
    socket
      .on('data', (chunk) => {
        for (const request of decoder.push(chunk)) this.#take(request, socket, connection);
      })
      .on('error', () => socket.destroy())
      .on('close', () => {
        this.#sockets.delete(socket);
        this.#changed();
      });
  }

  #take(request: Command, socket: Socket, connection: number): void {
    const reply = (change: Partial<Command> = {}): void => {
      const { code, opaque, flag } = { code: 0, opaque: request.opaque, flag: 1 };
      const empty = { version: 513, language: 'JAVA', extFields: {}, body: Buffer.alloc(0) };
      socket.write(encodeFrame({ code, opaque, flag, ...empty, ...change }));
    };
    const exchange = { request, socket, connection, reply };
    this.exchanges.push(exchange);
    this.#script(exchange);
    this.#changed();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    }
  }

  #changed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
