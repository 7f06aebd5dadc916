/**
 * The real API server as the operator of one lane sees it: its calls are counted and can be cut off, and where it
 * asks for the objects of all namespaces it gets those of one, so that lanes and other tests stay out of each other's
 * way.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent, request, type RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { Namespaces, Nodes } from '../../../operator/src/kube/mod.ts';
import type { Tripwire } from './tripwire.ts';

export class ApiProxy {
  readonly #upstream: URL;
  readonly #agent: Agent;
  /** Credentials that are no certificate. */
  readonly #headers: Readonly<Record<string, string>>;
  readonly #namespace: () => string;
  readonly #tripwire: Tripwire;
  readonly #server: Server;

  static async start(namespace: () => string, tripwire: Tripwire): Promise<ApiProxy> {
    const config = new KubeConfig();
    config.loadFromDefault();
    const cluster = config.getCurrentCluster();
    if (!cluster) throw new Error('KUBECONFIG names no cluster');
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    const proxy = new ApiProxy(new URL(cluster.server), options, namespace, tripwire);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  private constructor(upstream: URL, options: RequestOptions, namespace: () => string, tripwire: Tripwire) {
    this.#upstream = upstream;
    const { ca, cert, key, headers } = options;
    const tls = Object.entries({ ca, cert, key }).filter(([, value]) => value !== undefined);
    this.#agent = new Agent({ keepAlive: true, ...Object.fromEntries(tls) });
    this.#headers = Object.fromEntries(
      Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]),
    );
    this.#namespace = namespace;
    this.#tripwire = tripwire;
    this.#server = createServer((incoming, answer) => this.#take(incoming, answer));
    this.#server.keepAliveTimeout = 90_000;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Breaks every connection of the operator. What the API server is busy with goes on there. */
  disconnect(): void {
    this.#server.closeAllConnections();
  }

  async close(): Promise<void> {
    this.disconnect();
    this.#agent.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #take(incoming: IncomingMessage, answer: ServerResponse): void {
    const url = new URL(incoming.url ?? '/', this.#upstream);
    const chunks: Buffer[] = [];
    incoming.on('error', () => answer.destroy());
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const watches = url.searchParams.has('watch');
      const isLease = url.pathname.includes('/leases/');
      const fate = watches || isLease ? this.#uncounted() : this.#tripwire.pass(callName(incoming, url));
      if (fate === 'Drop') answer.destroy();
      else this.#forward(incoming, url, Buffer.concat(chunks), { answer, isMute: fate === 'Mute' });
    });
  }

  #uncounted(): 'Serve' | 'Drop' {
    return this.#tripwire.isCut ? 'Drop' : 'Serve';
  }

  #forward(
    incoming: IncomingMessage,
    url: URL,
    body: Buffer,
    { answer, isMute }: { readonly answer: ServerResponse; readonly isMute: boolean },
  ): void {
    const {
      host: _host,
      connection: _connection,
      'transfer-encoding': _coding,
      ...headers
    } = incoming.headers;
    const target = new URL(scoped(url.pathname, this.#namespace()) + url.search, this.#upstream);
    const forwarded = request(
      target,
      {
        agent: this.#agent,
        method: incoming.method ?? 'GET',
        headers: { ...headers, ...this.#headers, 'content-length': body.length },
      },
      (response) => {
        if (isMute) {
          response.resume();
          response.on('end', () => {
            answer.destroy();
            this.#tripwire.served();
          });
          return;
        }
        answer.writeHead(response.statusCode ?? 502, response.headers);
        answer.flushHeaders();
        response.pipe(answer);
        response.on('error', () => answer.destroy());
      },
    );
    forwarded.on('error', () => {
      answer.destroy();
      if (isMute) this.#tripwire.served();
    });
    // A watch that its reader has left would stay open for ever; any other call is carried out all the same.
    if (url.searchParams.has('watch')) answer.on('close', () => forwarded.destroy());
    forwarded.end(body);
  }
}

/** What the operator watches and is in no namespace. */
const ofNoNamespace: ReadonlySet<string | undefined> = new Set(
  [Nodes, Namespaces].map(({ plural }) => plural),
);

/** `GET /apis/apps/v1/statefulsets` → those of one namespace. */
function scoped(path: string, namespace: string): string {
  const [, root, plural] = /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)\/([a-z]+)$/.exec(path) ?? [];
  if (root === undefined || ofNoNamespace.has(plural)) return path;
  return `${root}/namespaces/${namespace}/${plural ?? ''}`;
}

/** Without what differs from run to run: `PATCH statefulsets/c-nameserver`. */
function callName(incoming: IncomingMessage, url: URL): string {
  const path = url.pathname
    .replace(/^\/(api\/v1|apis\/[^/]+\/[^/]+)\//, '')
    .replace(/^namespaces\/[^/]+\//, '');
  return `${incoming.method ?? ''} ${path}`;
}
