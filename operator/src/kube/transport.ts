import type { KubeConfig } from '@kubernetes/client-node';
import { Pool, ProxyAgent, type Dispatcher } from 'undici';
import type { Clock } from './clock.ts';
import { Credentials, sameTls, type Credential, type TlsMaterial } from './credentials.ts';
import { KubeError } from './errors.ts';

type PoolName = 'unary' | 'lease' | 'watch';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, without the base path of the cluster's URL. */
  readonly path: string;
  readonly pool: PoolName;
  readonly body?: string;
  readonly contentType?: string;
}

export type HttpResponse = Dispatcher.ResponseData;

/** Writes and short reads share these; more would only queue in the server's flow control. */
const UNARY_CONNECTIONS = 16;
/** Renewals of the lease must not wait behind a thousand statuses that a slow webhook holds up. */
const LEASE_CONNECTIONS = 1;
/** Must outlast the keep-alive of no server: kube-apiserver's own idle timeout is 90 s. */
const KEEP_ALIVE_MS = 60_000;
const CONNECT_TIMEOUT_MS = 5_000;
const HEADERS_TIMEOUT_MS = 30_000;

interface Pools extends Readonly<Record<PoolName, Dispatcher>> {
  readonly tls: TlsMaterial;
}

/**
 * Connections to one API server: a capped pool for calls, one of its own for leases, an uncapped one for watches (with HTTP/1.1 every
 * watch pins a connection, so a cap at or below the number of watches would deadlock). HTTP/1.1 on purpose:
 * one stuck HTTP/2 connection would stall every watch and the lease at once.
 */
export class Transport {
  readonly #credentials: Credentials;
  readonly #url: URL;
  readonly #proxyUrl: string | undefined;
  readonly #userAgent: string;
  #pools: Pools | undefined;
  #closed = false;

  /** @throws KubeError `BadRequest` when the configuration names no usable server */
  constructor(kubeConfig: KubeConfig, userAgent: string, clock: Clock) {
    const cluster = kubeConfig.getCurrentCluster();
    if (cluster === null) throw new KubeError('BadRequest', 'the kubeconfig has no current cluster');
    if (cluster.proxyUrl?.startsWith('socks') === true) {
      throw new KubeError('BadRequest', 'SOCKS proxies in the kubeconfig are not supported');
    }
    this.#url = new URL(cluster.server);
    this.#proxyUrl = cluster.proxyUrl;
    this.#userAgent = userAgent;
    this.#credentials = new Credentials(kubeConfig, clock);
  }

  /** Resolves when the answer's head is there. The body is the caller's to read or to dump. */
  async send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    const what = `${request.method} ${request.path.split('?', 1)[0]}`;
    try {
      const credential = await this.#credentials.current();
      signal.throwIfAborted();
      const response = await this.#poolsFor(credential)[request.pool].request({
        origin: this.#url.origin,
        method: request.method,
        path: `${this.#url.pathname.replace(/\/$/, '')}${request.path}`,
        headers: {
          ...credential.headers,
          accept: 'application/json',
          'user-agent': this.#userAgent,
          ...(request.contentType === undefined ? {} : { 'content-type': request.contentType }),
        },
        body: request.body ?? null,
        signal,
      });
      if (response.statusCode === 401) this.#credentials.invalidate();
      return response;
    } catch (error) {
      throw toKubeError(what, error, signal);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const pools = this.#pools;
    this.#pools = undefined;
    await Promise.all([pools?.unary.destroy(), pools?.lease.destroy(), pools?.watch.destroy()]);
  }

  #poolsFor(credential: Credential): Pools {
    if (this.#closed) throw new KubeError('Closed', 'the client is closed');
    if (this.#pools !== undefined && sameTls(this.#pools.tls, credential.tls)) return this.#pools;
    const old = this.#pools;
    // Rotated certificates: running calls and watches end on the old connections by themselves. A failed
    // close only means that they ended by an error, which their own callers have seen.
    for (const pool of [old?.unary, old?.lease, old?.watch]) pool?.close().catch(() => undefined);
    this.#pools = {
      tls: credential.tls,
      unary: this.#connect(credential.tls, UNARY_CONNECTIONS),
      lease: this.#connect(credential.tls, LEASE_CONNECTIONS),
      watch: this.#connect(credential.tls, null),
    };
    return this.#pools;
  }

  #connect(tls: TlsMaterial, connections: number | null): Dispatcher {
    const common = {
      connections,
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: HEADERS_TIMEOUT_MS,
      bodyTimeout: 0, // a quiet watch is healthy; every call has its own deadline
    };
    if (this.#proxyUrl !== undefined) {
      return new ProxyAgent({ ...common, uri: this.#proxyUrl, requestTls: { ...tls } });
    }
    return new Pool(this.#url.origin, {
      ...common,
      connect: { ...tls, timeout: CONNECT_TIMEOUT_MS, keepAlive: true, keepAliveInitialDelay: 30_000 },
    });
  }
}

const TIMEOUT_CODES: ReadonlySet<unknown> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);
const CLOSED_CODES: ReadonlySet<unknown> = new Set(['UND_ERR_CLOSED', 'UND_ERR_DESTROYED']);

/** Failures below HTTP. A signal's own reason (deadline, caller's abort) outranks what the socket says. */
export function toKubeError(what: string, error: unknown, signal?: AbortSignal): KubeError {
  if (signal?.aborted === true && signal.reason instanceof KubeError) return signal.reason;
  if (error instanceof KubeError) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const detail = error instanceof Error ? error.message : String(error);
  if (TIMEOUT_CODES.has(code)) return new KubeError('Timeout', `${what}: ${detail}`, { cause: error });
  if (CLOSED_CODES.has(code))
    return new KubeError('Closed', `${what}: the client is closed`, { cause: error });
  const named = typeof code === 'string' ? `${detail} (${code})` : detail;
  return new KubeError('Network', `${what}: ${named}`, { cause: error });
}
