/** The operator's HTTP endpoints: liveness, readiness and metrics. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';

/** The answer of a probe; `problem` says in one sentence why it fails. */
export type Health = { readonly healthy: true } | { readonly healthy: false; readonly problem: string };

export interface HttpServerOptions {
  readonly port: number;
  readonly registry: Registry;
  /** Fails only when a restart would help: the kubelet restarts the container on it. */
  readonly liveness: () => Health;
  readonly readiness: () => Health;
}

export interface RunningHttpServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Listens on all addresses.
 *
 * @throws the listen error, for example when the port is taken.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<RunningHttpServer> {
  const server = createServer((request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      send(response, 500, error instanceof Error ? error.message : String(error));
    });
  });
  await listen(server, options.port);
  return {
    port: portOf(server),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  options: HttpServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  switch (request.url ?? '') {
    case '/healthz':
      return sendHealth(response, options.liveness());
    case '/readyz':
      return sendHealth(response, options.readiness());
    case '/metrics':
      response.setHeader('Content-Type', options.registry.contentType);
      response.end(await options.registry.metrics());
      return undefined;
    default:
      return send(response, 404, 'not found; try /healthz, /readyz or /metrics');
  }
}

function sendHealth(response: ServerResponse, health: Health): void {
  send(response, health.healthy ? 200 : 503, health.healthy ? 'ok' : health.problem);
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}

/** A server that listens on TCP has an address object; a string would be a pipe's path. */
function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen on TCP');
  return address.port;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
