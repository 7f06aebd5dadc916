import { formatKey, keyOf, type Change, type KubeObject, type ObjectKey } from './types.ts';

/** A local copy of what the server holds. Objects are frozen: they are shared by everybody. */
export interface Store<T extends KubeObject> {
  readonly size: number;
  get(key: string | ObjectKey): T | undefined;
  list(): readonly T[];
  /**
   * Objects for which the index function gave this value.
   * @throws RangeError for an index that was never declared
   */
  byIndex(index: string, value: string): readonly T[];
}

export type IndexFunctions<T> = Readonly<Record<string, (object: T) => readonly string[]>>;

export class MutableStore<T extends KubeObject> implements Store<T> {
  readonly #objects = new Map<string, T>();
  readonly #indexFunctions: readonly (readonly [string, (object: T) => readonly string[]])[];
  /** index name → value → keys; empty sets are dropped, so values of objects long gone cost nothing. */
  readonly #indexes = new Map<string, Map<string, Set<string>>>();

  constructor(indexes: IndexFunctions<T> = {}) {
    this.#indexFunctions = Object.entries(indexes);
    for (const [name] of this.#indexFunctions) this.#indexes.set(name, new Map());
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string | ObjectKey): T | undefined {
    return this.#objects.get(typeof key === 'string' ? key : formatKey(key));
  }

  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  byIndex(index: string, value: string): readonly T[] {
    const values = this.#indexes.get(index);
    if (values === undefined) throw new RangeError(`no index "${index}"`);
    const found: T[] = [];
    for (const key of values.get(value) ?? []) {
      const object = this.#objects.get(key);
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  /**
   * Takes over one state of an object. Nothing comes back when it is known already. Another uid under the same
   * name is another object: the old one was deleted unseen.
   */
  set(object: T): readonly Change<T>[] {
    const key = keyOf(object);
    const previous = this.#objects.get(key);
    if (previous === undefined) {
      this.#put(key, object);
      return [{ type: 'Added', object }];
    }
    if (previous.metadata.uid !== object.metadata.uid) {
      this.#drop(key, previous);
      this.#put(key, object);
      return [
        { type: 'Deleted', object: previous },
        { type: 'Added', object },
      ];
    }
    const { resourceVersion } = object.metadata;
    if (resourceVersion !== undefined && resourceVersion === previous.metadata.resourceVersion) return [];
    this.#unindex(key, previous);
    this.#put(key, object);
    return [{ type: 'Updated', object, previous }];
  }

  /** @param last the final state, when the server told it */
  remove(key: string, last?: T): readonly Change<T>[] {
    const previous = this.#objects.get(key);
    if (previous === undefined) return [];
    this.#drop(key, previous);
    return [{ type: 'Deleted', object: last ?? previous, previous }];
  }

  #put(key: string, object: T): void {
    this.#objects.set(key, object);
    for (const [name, valuesOf] of this.#indexFunctions) {
      const values = this.#indexes.get(name);
      for (const value of valuesOf(object)) {
        const keys = values?.get(value);
        if (keys === undefined) values?.set(value, new Set([key]));
        else keys.add(key);
      }
    }
  }

  #drop(key: string, object: T): void {
    this.#unindex(key, object);
    this.#objects.delete(key);
  }

  #unindex(key: string, object: T): void {
    for (const [name, valuesOf] of this.#indexFunctions) {
      const values = this.#indexes.get(name);
      for (const value of valuesOf(object)) {
        const keys = values?.get(value);
        keys?.delete(key);
        if (keys?.size === 0) values?.delete(value);
      }
    }
  }
}
