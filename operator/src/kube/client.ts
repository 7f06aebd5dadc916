import type { KubeConfig } from '@kubernetes/client-node';
import type {
  ApplyIntent,
  ApplyOptions,
  DeleteOptions,
  GetOptions,
  JsonPatchOperation,
  KubeApi,
  WriteOptions,
} from './api.ts';
import { systemClock, type Clock, type Random } from './clock.ts';
import { startDeadline, type Deadline } from './deadline.ts';
import { fromStatus, isKubeError, KubeError } from './errors.ts';
import { jsonLines } from './json-lines.ts';
import { Leases, resourcePath, type ResourceType } from './resource-types.ts';
import { toPage, toQuery, toWatchEvent, type RawEvent, type RawList } from './wire.ts';
import { describeCall, readJson, readStatus, retryAfterMs } from './response.ts';
import { toKubeError, Transport, type HttpRequest } from './transport.ts';
import type {
  CallOptions,
  KubeObject,
  ListOptions,
  ListPage,
  ObjectKey,
  WatchEvent,
  WatchOptions,
} from './types.ts';

export interface KubeClientOptions {
  readonly kubeConfig: KubeConfig;
  /** Owner of every field that `apply` sends. */
  readonly fieldManager: string;
  readonly userAgent?: string;
  /** Deadline of a call that names none. Lists get twice this. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
  readonly random?: Random;
}

const DEFAULT_TIMEOUT_MS = 15_000;
const MAX_RETRIES_AFTER = 5;
/** What Kubernetes allows in no name, since a path cannot hold it. */
const UNNAMEABLE: ReadonlySet<string> = new Set(['', '.', '..']);

/** The API server over pooled HTTP. One per process is enough: it holds the connections. */
export class KubeClient implements KubeApi {
  readonly #transport: Transport;
  readonly #fieldManager: string;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(options: KubeClientOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#fieldManager = options.fieldManager;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#transport = new Transport(
      options.kubeConfig,
      options.userAgent ?? options.fieldManager,
      this.#clock,
    );
  }

  async get<T extends KubeObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    options: GetOptions = {},
  ): Promise<T | undefined> {
    try {
      return await this.#call('GET', pathOf(type, key, options.subresource), type, options);
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async list<T extends KubeObject>(
    type: ResourceType<T>,
    options: ListOptions = {},
    call: CallOptions = {},
  ): Promise<ListPage<T>> {
    const query = toQuery({
      limit: options.limit,
      continue: options.continue,
      resourceVersion: options.resourceVersion,
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
    });
    const path = `${resourcePath(type, options.namespace ?? '')}${query}`;
    const patience = { timeoutMs: this.#timeoutMs * 2, ...call };
    return toPage(type, await this.#call<RawList<T>>('GET', path, type, patience));
  }

  async *watch<T extends KubeObject>(
    type: ResourceType<T>,
    options: WatchOptions,
    signal?: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>, void, undefined> {
    const query = toQuery({
      watch: '1',
      allowWatchBookmarks: 'true',
      resourceVersion: options.resourceVersion,
      timeoutSeconds: options.timeoutSeconds,
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
    });
    const path = `${resourcePath(type, options.namespace ?? '')}${query}`;
    const what = describeCall('WATCH', path);
    const deadline = startDeadline(this.#clock, this.#timeoutMs, what, signal);
    try {
      const response = await this.#transport.send({ method: 'GET', path, pool: 'watch' }, deadline.signal);
      if (response.statusCode !== 200) throw await this.#failure(what, type, response);
      deadline.extend(options.inactivityMs);
      for await (const raw of jsonLines<RawEvent<T>>(
        touching(response.body, deadline, options.inactivityMs),
      )) {
        yield toWatchEvent(raw, what);
      }
    } catch (error) {
      throw toKubeError(what, error, deadline.signal);
    } finally {
      // Also when the consumer breaks out of its loop: frees the connection.
      deadline.abort(new KubeError('Aborted', `${what}: no longer needed`));
      deadline.dispose();
    }
  }

  async apply<T extends KubeObject>(
    type: ResourceType<T>,
    object: ApplyIntent,
    options: ApplyOptions = {},
  ): Promise<T> {
    const query = toQuery({
      fieldManager: this.#fieldManager,
      force: options.force === true ? 'true' : undefined,
      dryRun: options.dryRun === true ? 'All' : undefined,
    });
    const path = `${pathOf(type, keyFor(object), options.subresource)}${query}`;
    return this.#call('PATCH', path, type, options, object, 'application/apply-patch+yaml');
  }

  async create<T extends KubeObject>(
    type: ResourceType<T>,
    object: ApplyIntent,
    options: WriteOptions = {},
  ): Promise<T> {
    const { namespace, name } = keyFor(object);
    const path =
      options.subresource === undefined
        ? resourcePath(type, namespace)
        : resourcePath(type, namespace, name, options.subresource);
    return this.#call('POST', path + this.#writeQuery(options), type, options, object);
  }

  async replace<T extends KubeObject>(
    type: ResourceType<T>,
    object: ApplyIntent,
    options: WriteOptions = {},
  ): Promise<T> {
    const path = pathOf(type, keyFor(object), options.subresource) + this.#writeQuery(options);
    return this.#call('PUT', path, type, options, object);
  }

  async mergePatch<T extends KubeObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    patch: object,
    options: WriteOptions = {},
  ): Promise<T> {
    const path = pathOf(type, key, options.subresource) + this.#writeQuery(options);
    return this.#call('PATCH', path, type, options, patch, 'application/merge-patch+json');
  }

  async jsonPatch<T extends KubeObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    patch: readonly JsonPatchOperation[],
    options: WriteOptions = {},
  ): Promise<T> {
    const path = pathOf(type, key, options.subresource) + this.#writeQuery(options);
    return this.#call('PATCH', path, type, options, patch, 'application/json-patch+json');
  }

  async delete(type: ResourceType, key: ObjectKey, options: DeleteOptions = {}): Promise<boolean> {
    const { uid, resourceVersion, propagationPolicy, gracePeriodSeconds } = options;
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: { uid, resourceVersion },
      propagationPolicy: propagationPolicy ?? 'Background',
      gracePeriodSeconds,
    };
    try {
      await this.#call('DELETE', pathOf(type, key), type, options, body);
      return true;
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return false;
      throw error;
    }
  }

  /** Ends every connection; calls under way fail with code `Closed`. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  #writeQuery(options: WriteOptions): string {
    return toQuery({
      fieldManager: this.#fieldManager,
      dryRun: options.dryRun === true ? 'All' : undefined,
    });
  }

  async #call<R>(
    method: HttpRequest['method'],
    path: string,
    type: ResourceType,
    options: CallOptions,
    body?: unknown,
    contentType = 'application/json',
  ): Promise<R> {
    const what = describeCall(method, path);
    const deadline = startDeadline(this.#clock, options.timeoutMs ?? this.#timeoutMs, what, options.signal);
    const request: HttpRequest = {
      method,
      path,
      pool: type === Leases ? 'lease' : 'unary',
      ...(body === undefined ? {} : { body: JSON.stringify(body), contentType }),
    };
    try {
      return await this.#sendPatiently(what, request, type, deadline);
    } finally {
      deadline.dispose();
    }
  }

  /** An answer with Retry-After says that nothing was done yet: waits and sends again, within the deadline. */
  async #sendPatiently<R>(
    what: string,
    request: HttpRequest,
    type: ResourceType,
    deadline: Deadline,
  ): Promise<R> {
    for (let attempt = 0; ; attempt += 1) {
      const response = await this.#transport.send(request, deadline.signal);
      try {
        if (response.statusCode >= 200 && response.statusCode < 300) return await readJson(what, response);
        const failure = await this.#failure(what, type, response);
        const pauseMs = retryAfterMs(response);
        if (pauseMs === undefined || attempt >= MAX_RETRIES_AFTER || pauseMs >= deadline.remainingMs()) {
          throw failure;
        }
        await this.#clock.sleep(pauseMs * (1 + this.#random() / 10), deadline.signal);
      } catch (error) {
        throw toKubeError(what, error, deadline.signal);
      }
    }
  }

  async #failure(
    what: string,
    type: ResourceType,
    response: Awaited<ReturnType<Transport['send']>>,
  ): Promise<KubeError> {
    return fromStatus(what, response.statusCode, await readStatus(response, type), retryAfterMs(response));
  }
}

/** Pushes the deadline out with every chunk, bookmarks included. */
async function* touching(
  body: AsyncIterable<Uint8Array>,
  deadline: Deadline,
  inactivityMs: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of body) {
    deadline.extend(inactivityMs);
    yield chunk;
  }
}

function keyFor(object: ApplyIntent): ObjectKey {
  return { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}

/**
 * The path of one object. Without its last part it would name the collection, and a DELETE would delete all of it.
 *
 * @throws KubeError `BadRequest` for a name that no object can have
 */
function pathOf(type: ResourceType, key: ObjectKey, subresource?: string): string {
  const parts = type.namespaced ? [key.namespace, key.name] : [key.name];
  if (parts.some((part) => UNNAMEABLE.has(part))) {
    throw new KubeError('BadRequest', `not the name of any ${type.kind}: ${JSON.stringify(parts.join('/'))}`);
  }
  return resourcePath(type, key.namespace, key.name, subresource);
}
