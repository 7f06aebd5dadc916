import { randomUUID } from 'node:crypto';
import type { ApplyIntent, ApplyOptions, DeleteOptions, GetOptions, KubeApi, WriteOptions } from '../api.ts';
import { KubeError } from '../errors.ts';
import type { ResourceType } from '../resource-types.ts';
import { keyOf, type KubeObject, type ListOptions, type ListPage, type ObjectKey } from '../types.ts';
import type { WatchEvent, WatchOptions } from '../types.ts';
import { checkUid, checkVersion, fromWire, keyFrom, matches, scaleOf } from './fake-objects.ts';
import { mergeJson } from './merge-json.ts';
import { WatchFeed } from './watch-feed.ts';

type Verb = 'get' | 'list' | 'watch' | 'apply' | 'create' | 'replace' | 'patch' | 'delete';

export interface FakeCall {
  readonly verb: Verb;
  readonly resource: string;
  readonly key: string;
  readonly body?: unknown;
}

export interface FakeApiOptions {
  /** Runs before a call reaches the objects: may wait or throw (the request was lost). */
  readonly before?: (call: FakeCall, signal?: AbortSignal) => Promise<void>;
  /** Runs after it: may wait or throw (the answer was lost). */
  readonly after?: (call: FakeCall, signal?: AbortSignal) => Promise<void>;
}

interface Logged {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
}

interface Collection {
  readonly objects: Map<string, KubeObject>;
  readonly history: Logged[];
  readonly feeds: Set<WatchFeed>;
  readonly snapshots: Map<string, readonly KubeObject[]>;
  /** By uid: the fields of the status that were applied last. */
  readonly appliedStatus: Map<string, readonly string[]>;
}

/**
 * The API server's storage rules in memory: resourceVersions, compare-and-swap, uids, finalizers, paged lists,
 * watch history and its compaction. No validation, no defaults, no field ownership but for the fields of a status: apply
 * merges. What needs those is tested on a real server.
 */
export class FakeApi implements KubeApi {
  readonly calls: FakeCall[] = [];
  readonly #collections = new Map<string, Collection>();
  /** Whatever type they were parsed as. */
  readonly #copies = new WeakMap<KubeObject>();
  readonly #before: NonNullable<FakeApiOptions['before']>;
  readonly #after: NonNullable<FakeApiOptions['after']>;
  #version = 1;
  #compactedTo = 0;

  constructor(options: FakeApiOptions = {}) {
    this.#before = options.before ?? (() => Promise.resolve());
    this.#after = options.after ?? (() => Promise.resolve());
  }

  /** Every write call so far. */
  writes(): readonly FakeCall[] {
    return this.calls.filter(({ verb }) => verb !== 'get' && verb !== 'list' && verb !== 'watch');
  }

  /** What the server holds now. Every write puts another object in the place of one, so each is copied once. */
  stored<T extends KubeObject>(type: ResourceType<T>): readonly T[] {
    return [...this.#of(type).objects.values()].map((object) => {
      const known: T = this.#copies.get(object) ?? fromWire(type, object);
      this.#copies.set(object, known);
      return known;
    });
  }

  /** Forgets the history: watches from before get 410. */
  compact(): void {
    this.#compactedTo = this.#version;
    for (const { history, snapshots } of this.#collections.values()) {
      history.length = 0;
      snapshots.clear();
    }
  }

  /** Ends every open watch, cleanly or with an error. */
  endWatches(error?: KubeError): void {
    for (const { feeds } of this.#collections.values()) {
      for (const feed of feeds) feed.end(error);
      feeds.clear();
    }
  }

  /** Tells every open watch how far the server is. */
  bookmark(): void {
    for (const { feeds } of this.#collections.values()) {
      for (const feed of feeds) feed.push({ type: 'BOOKMARK', resourceVersion: String(this.#version) });
    }
  }

  async get<T extends KubeObject>(type: ResourceType<T>, key: ObjectKey, options: GetOptions = {}) {
    return this.#do('get', type, key, undefined, options, () => {
      const found = this.#of(type).objects.get(`${key.namespace}/${key.name}`);
      if (found === undefined) return undefined;
      return fromWire(type, options.subresource === 'scale' ? scaleOf(found) : found);
    });
  }

  async list<T extends KubeObject>(
    type: ResourceType<T>,
    options: ListOptions = {},
    call: WriteOptions = {},
  ): Promise<ListPage<T>> {
    return this.#do('list', type, undefined, undefined, call, () => {
      const { objects, snapshots } = this.#of(type);
      const [version = String(this.#version), offsetText = '0'] = options.continue?.split(':') ?? [];
      // Several may list at one version, each something else.
      const listing = JSON.stringify([version, options.namespace, options.labelSelector]);
      if (options.continue !== undefined && !snapshots.has(listing)) {
        throw new KubeError('Gone', 'the continue token expired', { status: 410 });
      }
      const snapshot = snapshots.get(listing) ?? [...objects.values()].filter((o) => matches(o, options));
      snapshots.set(listing, snapshot);
      const offset = Number(offsetText);
      const end = offset + (options.limit ?? Infinity);
      return {
        items: snapshot.slice(offset, end).map((object) => fromWire(type, object)),
        resourceVersion: version,
        ...(end < snapshot.length ? { continue: `${version}:${end}` } : {}),
      };
    });
  }

  async *watch<T extends KubeObject>(
    type: ResourceType<T>,
    options: WatchOptions,
    signal?: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>, void, undefined> {
    const from = Number(options.resourceVersion);
    const { feeds, history } = this.#of(type);
    const feed = new WatchFeed((object) => matches(object, options));
    await this.#do('watch', type, undefined, undefined, signal === undefined ? {} : { signal }, () => {
      if (from < this.#compactedTo) throw new KubeError('Gone', 'too old resource version', { status: 410 });
      for (const event of history) if (event.version > from) feed.push(event);
      feeds.add(feed);
    });
    const onAbort = (): void => feed.end(new KubeError('Aborted', 'aborted by the caller'));
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      for await (const event of feed) {
        yield 'object' in event ? { type: event.type, object: fromWire(type, event.object) } : event;
      }
    } finally {
      feeds.delete(feed);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async apply<T extends KubeObject>(type: ResourceType<T>, object: ApplyIntent, options: ApplyOptions = {}) {
    return this.#do('apply', type, keyFrom(object), object, options, () =>
      this.#put(type, keyFrom(object), (old) => {
        checkUid(old, object);
        const kept = options.subresource === 'status' ? this.#withoutApplied(type, old, object) : old;
        return mergeJson(kept ?? {}, object);
      }),
    );
  }

  async create<T extends KubeObject>(type: ResourceType<T>, object: ApplyIntent, options: WriteOptions = {}) {
    return this.#do('create', type, keyFrom(object), object, options, () =>
      this.#put<T>(type, keyFrom(object), (old) => {
        if (old !== undefined) throw new KubeError('AlreadyExists', 'there is one already', { status: 409 });
        return object;
      }),
    );
  }

  async replace<T extends KubeObject>(
    type: ResourceType<T>,
    object: ApplyIntent,
    options: WriteOptions = {},
  ) {
    return this.#do('replace', type, keyFrom(object), object, options, () =>
      this.#put<T>(type, keyFrom(object), (old) => checkVersion(old, object)),
    );
  }

  async mergePatch<T extends KubeObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    patch: object,
    options: WriteOptions = {},
  ) {
    return this.#do('patch', type, key, patch, options, () =>
      this.#put<T>(type, key, (old) => mergeJson(checkVersion(old, patch, old), patch)),
    );
  }

  jsonPatch(): Promise<never> {
    return Promise.reject(new KubeError('BadRequest', 'the fake knows no JSON patch'));
  }

  async delete(type: ResourceType, key: ObjectKey, options: DeleteOptions = {}): Promise<boolean> {
    return this.#do('delete', type, key, undefined, options, () => {
      const old = this.#of(type).objects.get(`${key.namespace}/${key.name}`);
      if (old === undefined) return false;
      if (options.uid !== undefined && options.uid !== old.metadata.uid) {
        throw new KubeError('Conflict', 'another uid', { status: 409 });
      }
      if ((old.metadata.finalizers ?? []).length === 0) this.#remove(type, old);
      else if (old.metadata.deletionTimestamp === undefined) {
        const deletionTimestamp = '2026-01-01T00:00:00Z';
        this.#put(type, key, () => mergeJson(old, { metadata: { deletionTimestamp } }));
      }
      return true;
    });
  }

  async #do<R>(
    verb: Verb,
    type: ResourceType,
    key: ObjectKey | undefined,
    body: unknown,
    { signal }: { readonly signal?: AbortSignal },
    act: () => R,
  ): Promise<R> {
    const call = {
      verb,
      resource: type.plural,
      key: key === undefined ? '' : `${key.namespace}/${key.name}`,
      ...(body === undefined ? {} : { body }),
    };
    await this.#before(call, signal);
    if (signal?.aborted === true) throw new KubeError('Aborted', 'aborted by the caller');
    this.calls.push(call);
    const result = act();
    await this.#after(call, signal);
    return result;
  }

  /** Fields that the same client applied before go with the next apply, unless it has them. */
  #withoutApplied(type: ResourceType, old: KubeObject | undefined, applied: object): KubeObject | undefined {
    if (old === undefined) return undefined;
    const { status: next = {} }: { status?: object } = applied;
    const stored: object = old;
    const { status: before = {} }: { status?: Record<string, unknown> } = stored;
    const { appliedStatus } = this.#of(type);
    const uid = old.metadata.uid ?? '';
    const owned = appliedStatus.get(uid) ?? [];
    appliedStatus.set(uid, Object.keys(next));
    const status = Object.fromEntries(Object.entries(before).filter(([field]) => !owned.includes(field)));
    const kept = { ...old, status };
    return kept;
  }

  #of(type: ResourceType): Collection {
    const id = `${type.group}/${type.plural}`;
    const known = this.#collections.get(id);
    if (known !== undefined) return known;
    const fresh = {
      objects: new Map(),
      history: [],
      feeds: new Set<WatchFeed>(),
      snapshots: new Map(),
      appliedStatus: new Map(),
    };
    this.#collections.set(id, fresh);
    return fresh;
  }

  #put<T extends KubeObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    next: (old: KubeObject | undefined) => object,
  ): T {
    const { objects } = this.#of(type);
    const id = `${key.namespace}/${key.name}`;
    const old = objects.get(id);
    const body = fromWire(type, next(old));
    const metadata = {
      ...body.metadata,
      uid: old?.metadata.uid ?? randomUUID(),
      resourceVersion: old?.metadata.resourceVersion ?? '',
    };
    const unchanged = { ...body, metadata };
    // As the real server: what changes nothing gets no new version and no event.
    if (old !== undefined && JSON.stringify(unchanged) === JSON.stringify(old))
      return fromWire(type, unchanged);
    this.#version += 1;
    const object = structuredClone({
      ...unchanged,
      metadata: { ...metadata, resourceVersion: String(this.#version) },
    });
    const isLastFinalizerGone =
      metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0;
    if (isLastFinalizerGone) this.#remove(type, object);
    else {
      objects.set(id, object);
      this.#publish(type, { version: this.#version, type: old === undefined ? 'ADDED' : 'MODIFIED', object });
    }
    return fromWire(type, object);
  }

  #remove(type: ResourceType, old: KubeObject): void {
    this.#version += 1;
    this.#of(type).objects.delete(keyOf(old));
    const object = { ...old, metadata: { ...old.metadata, resourceVersion: String(this.#version) } };
    this.#publish(type, { version: this.#version, type: 'DELETED', object });
  }

  #publish(type: ResourceType, event: Logged): void {
    const { history, feeds } = this.#of(type);
    history.push(event);
    for (const feed of feeds) feed.push(event);
  }
}
