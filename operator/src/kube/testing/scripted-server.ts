import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** The connection it came over, counted from 1. */
  readonly connection: number;
  readonly atMs: number;
}

export type Handler = (request: SeenRequest, response: ServerResponse) => void;

export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
  /** Ask clients for a certificate, and take any. */
  readonly requestCert?: boolean;
}

/** A real HTTP server in this process whose answers a test decides, one request at a time. */
export class ScriptedServer {
  readonly requests: SeenRequest[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #identity: TlsIdentity | undefined;
  #connections = 0;
  #handler: Handler;

  private constructor(handler: Handler, identity: TlsIdentity | undefined) {
    this.#handler = handler;
    this.#identity = identity;
    const numbers = new WeakMap<Socket, number>();
    const onRequest = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#answer(request, response, numbers.get(request.socket) ?? 0);
    this.#server =
      identity === undefined
        ? createServer(onRequest)
        : createTlsServer({ ...identity, rejectUnauthorized: false }, onRequest);
    this.#server.on(identity === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
      this.#connections += 1;
      numbers.set(socket, this.#connections);
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    });
    this.#server.on('tlsClientError', (_error: Error, socket: Socket) => socket.destroy());
  }

  static async start(handler: Handler, identity?: TlsIdentity): Promise<ScriptedServer> {
    const scripted = new ScriptedServer(handler, identity);
    const { promise, resolve } = Promise.withResolvers<void>();
    scripted.#server.listen(0, '127.0.0.1', resolve);
    await promise;
    return scripted;
  }

  get connections(): number {
    return this.#connections;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  get url(): string {
    const address = this.#server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    return `${this.#identity === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  }

  handle(handler: Handler): void {
    this.#handler = handler;
  }

  /** A configuration for this server, as a kubeconfig file would give it. */
  kubeConfig(user: { token?: string; certData?: string; keyData?: string } = {}): KubeConfig {
    const config = new KubeConfig();
    const identity = this.#identity;
    config.loadFromClusterAndUser(
      {
        name: 'scripted',
        server: this.url,
        // client-node refuses plain http without this.
        skipTLSVerify: identity === undefined,
        ...(identity === undefined ? {} : { caData: Buffer.from(identity.cert).toString('base64') }),
      },
      { name: 'tester', ...user },
    );
    return config;
  }

  /** Requests for watches, or for all else. */
  watches(): readonly SeenRequest[] {
    return this.requests.filter((r) => r.query.get('watch') === '1');
  }

  lists(): readonly SeenRequest[] {
    return this.requests.filter((r) => r.method === 'GET' && r.query.get('watch') !== '1');
  }

  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    for (const socket of this.#sockets) socket.destroy();
    await promise;
  }

  async #answer(request: IncomingMessage, response: ServerResponse, connection: number): Promise<void> {
    let body = '';
    try {
      for await (const chunk of request) body += String(chunk);
    } catch {
      return; // the client went away while it was sending
    }
    const url = new URL(request.url ?? '/', 'http://scripted');
    const seen: SeenRequest = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body,
      connection,
      atMs: performance.now(),
    };
    this.requests.push(seen);
    this.#handler(seen, response);
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

export function sendStatus(
  response: ServerResponse,
  code: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendJson(response, code, { kind: 'Status', code, reason, message: `scripted ${reason}` }, headers);
}

/** Opens a watch stream and sends events on it; it stays open until ended. */
export function startWatch(response: ServerResponse, events: readonly object[] = []): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  for (const event of events) sendEvent(response, event);
}

export function sendEvent(response: ServerResponse, event: object): void {
  response.write(`${JSON.stringify(event)}\n`);
}

export function endWatch(response: ServerResponse): void {
  response.end();
}

export function resetConnection(response: ServerResponse): void {
  const { socket } = response;
  if (socket !== null && 'resetAndDestroy' in socket) socket.resetAndDestroy();
  else response.destroy();
}
