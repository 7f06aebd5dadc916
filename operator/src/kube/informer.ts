import type { KubeApi } from './api.ts';
import type { Clock, Random } from './clock.ts';
import type { Logger } from './logger.ts';
import { deepFreeze, prune } from './prune.ts';
import { Reflector, type ReflectorSink, type ReflectorStatus } from './reflector.ts';
import type { ResourceType } from './resource-types.ts';
import { MutableStore, type IndexFunctions, type Store } from './store.ts';
import { keyOf, type Change, type KubeObject } from './types.ts';

export type ChangeHandler<T> = (change: Change<T>) => void;

/** What controllers need of an informer; depend on this, tests can then hand in a plain store. */
export interface InformerFace<T extends KubeObject> {
  readonly store: Store<T>;
  /** Handlers only enqueue keys: they run inside the watch and must return at once. */
  onChange(handler: ChangeHandler<T>): void;
  /** Resolves after the first complete listing; rejects when the informer is stopped before. */
  readonly synced: Promise<void>;
  hasSynced(): boolean;
}

export interface InformerOptions<T extends KubeObject> {
  readonly client: KubeApi;
  readonly type: ResourceType<T>;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly indexes?: IndexFunctions<T>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Drops what nobody reads before an object is kept. managedFields are dropped in any case. */
  readonly transform?: (object: T) => T;
}

export interface InformerStatus extends ReflectorStatus {
  readonly resource: string;
  readonly synced: boolean;
  readonly objects: number;
}

/** One watch, one store, any number of handlers. */
export class Informer<T extends KubeObject> implements InformerFace<T> {
  readonly store: Store<T>;
  readonly synced: Promise<void>;
  readonly #store: MutableStore<T>;
  readonly #reflector: Reflector<T>;
  readonly #handlers: ChangeHandler<T>[] = [];
  readonly #log: Logger;
  readonly #resource: string;
  readonly #transform: (object: T) => T;
  readonly #settle: { readonly resolve: () => void; readonly reject: (reason: unknown) => void };
  #hasSynced = false;
  #started = false;

  constructor(options: InformerOptions<T>) {
    this.#log = options.log.child({ resource: options.type.plural });
    this.#resource = options.type.plural;
    this.#transform = options.transform ?? ((object) => object);
    this.#store = new MutableStore(this.#guarded(options.indexes ?? {}));
    this.store = this.#store;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => undefined); // stopping before the first listing is no error by itself
    this.synced = promise;
    this.#settle = { resolve, reject };
    const { client, type, namespace, labelSelector, fieldSelector, clock, random } = options;
    this.#reflector = new Reflector({
      client,
      type,
      clock,
      random,
      log: this.#log,
      sink: this.#sink(),
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    });
  }

  onChange(handler: ChangeHandler<T>): void {
    this.#handlers.push(handler);
    for (const object of this.#store.list()) this.#notify(handler, { type: 'Added', object });
  }

  hasSynced(): boolean {
    return this.#hasSynced;
  }

  status(): InformerStatus {
    return {
      resource: this.#resource,
      synced: this.#hasSynced,
      objects: this.#store.size,
      ...this.#reflector.status(),
    };
  }

  /**
   * Resolves when the signal is aborted.
   * @throws Error when it was started before
   */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#started) throw new Error(`the informer of ${this.#resource} runs already`);
    this.#started = true;
    await this.#reflector.run(signal);
    this.#settle.reject(signal.reason);
  }

  #sink(): ReflectorSink<T> {
    /** Keys that the running listing has not named yet. */
    let unseen = new Set<string>();
    return {
      listStarted: () => {
        unseen = new Set(this.#store.keys());
      },
      listed: (objects) => {
        for (const object of objects) {
          unseen.delete(keyOf(object));
          this.#dispatch(this.#store.set(this.#prepare(object)));
        }
      },
      listEnded: () => {
        for (const key of unseen) this.#dispatch(this.#store.remove(key));
        unseen = new Set();
        this.#hasSynced = true;
        this.#settle.resolve();
      },
      observed: ({ type, object }) => {
        const prepared = this.#prepare(object);
        this.#dispatch(
          type === 'DELETED' ? this.#store.remove(keyOf(prepared), prepared) : this.#store.set(prepared),
        );
      },
    };
  }

  /** A hostile object must not stop the watch: what cannot be transformed is kept as it came. */
  #prepare(object: T): T {
    const pruned = prune(object);
    try {
      return deepFreeze(this.#transform(pruned));
    } catch (error) {
      this.#log.error({ key: keyOf(object), err: error }, 'transform of an object failed');
      return deepFreeze(pruned);
    }
  }

  #dispatch(changes: readonly Change<T>[]): void {
    for (const change of changes) {
      for (const handler of this.#handlers) this.#notify(handler, change);
    }
  }

  #notify(handler: ChangeHandler<T>, change: Change<T>): void {
    const failed = (error: unknown): void =>
      this.#log.error(
        { key: keyOf(change.object), change: change.type, err: error },
        'a change handler failed',
      );
    try {
      // The type says void, yet an async function satisfies it, and its rejection would end the process.
      const result: unknown = handler(change);
      if (result instanceof Promise) result.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  #guarded(indexes: IndexFunctions<T>): IndexFunctions<T> {
    const guard =
      (index: string, valuesOf: (object: T) => readonly string[]) =>
      (object: T): readonly string[] => {
        try {
          return valuesOf(object);
        } catch (error) {
          this.#log.error({ key: keyOf(object), index, err: error }, 'an index function failed');
          return [];
        }
      };
    return Object.fromEntries(
      Object.entries(indexes).map(([name, valuesOf]) => [name, guard(name, valuesOf)]),
    );
  }
}
