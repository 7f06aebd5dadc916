import { Informer, listAll, silentLogger, systemClock, type KubeApi } from '../../operator/src/kube/mod.ts';
import { forEachLimited } from '../../operator/src/objects/concurrency.ts';
import { isSettled, type DeclaredObject } from '../../operator/src/objects/mod.ts';
import type { BenchKind } from './bench-objects.ts';

/** As many requests at once as `kubectl apply` with several files or a GitOps tool would have. */
export const APPLIES_IN_FLIGHT = 32;
const REQUEST_TIMEOUT_MS = 60_000;
const EDIT_TIMEOUT_MS = 60_000;

export interface Burst {
  /** From the first request until the last object was seen Ready. */
  readonly readyMs: number;
  /** Of that, until the API server had taken all objects. */
  readonly appliedMs: number;
}

/** Whatever the kind is. */
export interface Fleet {
  /** Of the kind. */
  readonly plural: string;
  readonly size: number;
  readonly names: readonly string[];
  /** Applies new objects at once and waits until each is Ready. */
  burst(prefix: string, count: number, timeoutMs: number): Promise<Burst>;
  /** Declares something else. @returns after how long it was seen Ready, in milliseconds from the request on */
  edit(name: string): Promise<number>;
  /** Deletes objects at once. @returns after how long the last of them was gone, in milliseconds */
  remove(names: readonly string[], timeoutMs: number): Promise<number>;
  /** Resource versions of all objects: equal before and after means that nobody wrote to any. */
  versions(): Promise<ReadonlyMap<string, string>>;
}

/** All objects of one kind in the benchmark's namespace, and a watch on them. One thing is done at a time. */
export class ObjectFleet<O extends DeclaredObject> implements Fleet {
  readonly #client: KubeApi;
  readonly #namespace: string;
  readonly #kind: BenchKind<O>;
  readonly #informer: Informer<O>;
  /** By name: how often it was edited. */
  readonly #edits = new Map<string, number>();
  /** By name: what it is waited for; undefined: it is gone. */
  readonly #awaited = new Map<string, (object: O | undefined) => boolean>();
  #arrived: () => void = () => undefined;

  constructor(client: KubeApi, namespace: string, kind: BenchKind<O>) {
    this.#client = client;
    this.#namespace = namespace;
    this.#kind = kind;
    this.#informer = new Informer({
      client,
      type: kind.type,
      namespace,
      clock: systemClock,
      random: Math.random,
      log: silentLogger,
    });
    this.#informer.onChange(({ type, object }) => {
      const { name } = object.metadata;
      if (this.#awaited.get(name)?.(type === 'Deleted' ? undefined : object) !== true) return;
      this.#awaited.delete(name);
      if (this.#awaited.size === 0) this.#arrived();
    });
  }

  get size(): number {
    return this.#edits.size;
  }

  get names(): readonly string[] {
    return [...this.#edits.keys()];
  }

  get plural(): string {
    return this.#kind.type.plural;
  }

  async watch(signal: AbortSignal): Promise<void> {
    await this.#informer.run(signal);
  }

  async burst(prefix: string, count: number, timeoutMs: number): Promise<Burst> {
    const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
    const startedAt = performance.now();
    await forEachLimited(names, APPLIES_IN_FLIGHT, async (name) => this.#apply(name, 0));
    const appliedMs = performance.now() - startedAt;
    await this.#arrival(timeoutMs);
    return { readyMs: performance.now() - startedAt, appliedMs };
  }

  async edit(name: string): Promise<number> {
    const startedAt = performance.now();
    await this.#apply(name, (this.#edits.get(name) ?? 0) + 1);
    await this.#arrival(EDIT_TIMEOUT_MS);
    return performance.now() - startedAt;
  }

  async remove(names: readonly string[], timeoutMs: number): Promise<number> {
    const startedAt = performance.now();
    await forEachLimited(names, APPLIES_IN_FLIGHT, async (name) => {
      const key = { namespace: this.#namespace, name };
      this.#await(name, (object) => object === undefined);
      await this.#client.delete(this.#kind.type, key, { timeoutMs: REQUEST_TIMEOUT_MS });
      this.#edits.delete(name);
    });
    await this.#arrival(timeoutMs);
    return performance.now() - startedAt;
  }

  async versions(): Promise<ReadonlyMap<string, string>> {
    const objects = await listAll(this.#client, this.#kind.type, this.#namespace);
    return new Map(objects.map(({ metadata }) => [metadata.name, metadata.resourceVersion ?? '']));
  }

  async #apply(name: string, edits: number): Promise<void> {
    const intent = this.#kind.intent(this.#namespace, name, edits);
    const { metadata } = await this.#client.apply(this.#kind.type, intent, { timeoutMs: REQUEST_TIMEOUT_MS });
    const { generation = 0 } = metadata;
    this.#edits.set(name, edits);
    this.#await(
      name,
      (object) =>
        object !== undefined &&
        (object.metadata.generation ?? 0) >= generation &&
        isSettled(object, object.status),
    );
  }

  #await(name: string, isMet: (object: O | undefined) => boolean): void {
    if (!isMet(this.#stored(name))) this.#awaited.set(name, isMet);
  }

  async #arrival(timeoutMs: number): Promise<void> {
    if (this.#awaited.size === 0) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#arrived = resolve;
    const timer = setTimeout(() => reject(new Error(this.#complaint(timeoutMs))), timeoutMs);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  #stored(name: string): O | undefined {
    return this.#informer.store.get({ namespace: this.#namespace, name });
  }

  #complaint(afterMs: number): string {
    const [example = ''] = this.#awaited.keys();
    const conditions = JSON.stringify(this.#stored(example)?.status?.conditions);
    return `${this.#awaited.size} of ${this.size} ${this.plural} are not as waited for after ${afterMs} ms; ${example}: ${conditions}`;
  }
}
