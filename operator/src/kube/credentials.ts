import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from './clock.ts';
import { KubeError } from './errors.ts';

/** What a connection needs. Equality decides whether the pools must be replaced. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

export interface Credential {
  readonly tls: TlsMaterial;
  readonly headers: Readonly<Record<string, string>>;
}

/** Tokens are projected files or short-lived: read again this often. client-node itself caches for 60 s. */
const MAX_AGE_MS = 10_000;

/** Asks client-node's KubeConfig, which knows token files, exec plugins, OIDC and impersonation. */
export class Credentials {
  readonly #kubeConfig: KubeConfig;
  readonly #clock: Clock;
  #cached: { readonly at: number; readonly value: Promise<Credential> } | undefined;

  constructor(kubeConfig: KubeConfig, clock: Clock) {
    this.#kubeConfig = kubeConfig;
    this.#clock = clock;
  }

  /** @throws KubeError `Unauthorized` when the credentials cannot be obtained */
  current(): Promise<Credential> {
    const now = this.#clock.monotonicMs();
    if (this.#cached === undefined || now - this.#cached.at > MAX_AGE_MS) {
      this.#cached = { at: now, value: this.#read() };
      this.#cached.value.catch(() => this.invalidate());
    }
    return this.#cached.value;
  }

  /** After a 401: the next call reads them anew. */
  invalidate(): void {
    this.#cached = undefined;
  }

  async #read(): Promise<Credential> {
    const options: RequestOptions = { headers: {} };
    try {
      await this.#kubeConfig.applyToHTTPSOptions(options);
    } catch (error) {
      // The cause may quote the output of an exec plugin, so only its name is kept.
      const kind = error instanceof Error ? error.name : 'unknown error';
      throw new KubeError('Unauthorized', `credentials could not be obtained (${kind})`);
    }
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      if (value !== undefined) headers[name.toLowerCase()] = String(value);
    }
    if (typeof options.auth === 'string') {
      headers['authorization'] ??= `Basic ${Buffer.from(options.auth).toString('base64')}`;
    }
    return { headers, tls: tlsOf(options) };
  }
}

function text(value: unknown): string | undefined {
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  return typeof value === 'string' ? value : undefined;
}

function tlsOf(options: RequestOptions): TlsMaterial {
  const [ca, cert, key] = [text(options.ca), text(options.cert), text(options.key)];
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(options.servername === undefined ? {} : { servername: options.servername }),
    ...(options.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: options.rejectUnauthorized }),
  };
}

export function sameTls(a: TlsMaterial, b: TlsMaterial): boolean {
  return (
    a.ca === b.ca &&
    a.cert === b.cert &&
    a.key === b.key &&
    a.servername === b.servername &&
    a.rejectUnauthorized === b.rejectUnauthorized
  );
}
