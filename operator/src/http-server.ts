/** What a process answers over HTTP, to the kubelet and to Prometheus: probes and metrics. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';

/** The answer of a probe; `problem` says in one sentence why it fails. */
export type Health = { readonly healthy: true } | { readonly healthy: false; readonly problem: string };

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export type Page = () => Answer | Promise<Answer>;

/** The page of a probe: 200 when it is healthy, otherwise 503 and the problem. */
export function probe(health: () => Health): Page {
  return () => {
    const now = health();
    return now.healthy ? text(200, 'ok') : text(503, now.problem);
  };
}

export function metrics(registry: Registry): Page {
  return async () => ({ status: 200, contentType: registry.contentType, body: await registry.metrics() });
}

export interface HttpServerOptions {
  readonly port: number;
  /** By path. */
  readonly pages: Readonly<Record<string, Page>>;
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
  const pages = new Map(Object.entries(options.pages));
  const server = createServer((request, response) => {
    answer(pages, request).then(
      (found) => send(response, found),
      (error: unknown) => send(response, text(500, error instanceof Error ? error.message : String(error))),
    );
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

async function answer(pages: ReadonlyMap<string, Page>, request: IncomingMessage): Promise<Answer> {
  const page = pages.get(request.url ?? '');
  return page === undefined ? text(404, `not found; try ${[...pages.keys()].join(', ')}`) : page();
}

function text(status: number, line: string): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${line}\n` };
}

function send(response: ServerResponse, { status, contentType, body }: Answer): void {
  response.writeHead(status, { 'Content-Type': contentType }).end(body);
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
