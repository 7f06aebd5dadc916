import { readJson } from '../codec/json-reader.ts';
import { EntryList, isJsonObject, type JsonValue } from '../codec/json-value.ts';

/** A body is JSON but not of the shape that the request promises. Callers turn it into `Protocol`. */
export class UnexpectedShape extends Error {
  override readonly name = 'UnexpectedShape';

  constructor(path: string, wanted: string) {
    super(`${path} is not ${wanted}`);
  }
}

/**
 * A position inside a parsed body, read step by step. A field that is missing or of another type throws:
 * what a server did not say is never taken for zero.
 */
export class Field {
  readonly value: JsonValue | undefined;
  readonly path: string;

  constructor(value: JsonValue | undefined, path: string) {
    this.value = value;
    this.path = path;
  }

  get present(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  get(name: string): Field {
    if (!isJsonObject(this.value)) throw new UnexpectedShape(this.path, 'an object');
    return new Field(this.value[name], `${this.path}.${name}`);
  }

  string(): string {
    return typeof this.value === 'string' ? this.value : this.#fail('a string');
  }

  boolean(): boolean {
    return typeof this.value === 'boolean' ? this.value : this.#fail('a boolean');
  }

  /** An integer that a number holds exactly. */
  integer(): number {
    return typeof this.value === 'number' && Number.isSafeInteger(this.value)
      ? this.value
      : this.#fail('an integer');
  }

  /** How many there are of something, or where in a list: never below 0. */
  count(): number {
    const value = this.integer();
    return value < 0 ? this.#fail('0 or more') : value;
  }

  /** An int64. */
  long(): bigint {
    return typeof this.value === 'bigint' ? this.value : BigInt(this.integer());
  }

  number(): number {
    return typeof this.value === 'number' && Number.isFinite(this.value)
      ? this.value
      : this.#fail('a number');
  }

  list(): readonly Field[] {
    if (!Array.isArray(this.value)) return this.#fail('a list');
    return this.value.map((item: JsonValue, index) => new Field(item, `${this.path}[${index}]`));
  }

  /** The members of an object with plain keys. */
  members(): readonly (readonly [string, Field])[] {
    if (!isJsonObject(this.value)) return this.#fail('an object');
    return Object.entries(this.value).map(([key, item]) => [key, new Field(item, `${this.path}.${key}`)]);
  }

  /** The members of a map whose keys are objects: irregular as fastjson writes it, or with the key in a string. */
  entries(): readonly (readonly [Field, Field])[] {
    if (this.value instanceof EntryList) {
      return this.value.entries.map(([key, item], index) => [
        new Field(key, `${this.path}.key${index}`),
        new Field(item, `${this.path}.value${index}`),
      ]);
    }
    return this.members().map(([key, item]) => [new Field(readJson(key), `${this.path}.key`), item]);
  }

  #fail(wanted: string): never {
    throw new UnexpectedShape(this.path, wanted);
  }
}

/** A map from integer keys, bare or quoted. */
export function integerKeys<T>(field: Field, read: (item: Field) => T): ReadonlyMap<number, T> {
  return new Map(field.members().map(([key, item]) => [integerOf(key, field.path), read(item)]));
}

/** As `count`, of a text. */
export function countOf(text: string | undefined, path: string): number {
  const value = integerOf(text, path);
  if (value < 0) throw new UnexpectedShape(path, '0 or more');
  return value;
}

/** A table by name, whose items repeat the name that they are listed under. */
export function namedItems<T>(
  table: Field,
  read: (item: Field) => T,
  nameOf: (item: T) => string,
): ReadonlyMap<string, T> {
  return new Map(
    table.members().map(([name, field]) => {
      const item = read(field);
      if (nameOf(item) !== name)
        throw new UnexpectedShape(field.path, 'about the name that it is listed under');
      return [name, item];
    }),
  );
}

/**
 * Whether a table is the whole one, where the server says how large that is (since 5.3.2): what is left out would be taken
 * for deleted. One that has more was added to while it was written.
 */
export function checkWhole(
  table: ReadonlyMap<string, unknown>,
  total: string | undefined,
  path: string,
): void {
  if (total !== undefined && table.size < countOf(total, `the size of ${path}`))
    throw new UnexpectedShape(path, `the whole table, which has ${total} entries`);
}

/** An integer in a text, as extension fields hold it. */
function integerOf(text: string | undefined, path: string): number {
  const value = Number(text);
  // One spelling a number, so that no key comes twice.
  if (text === undefined || !Number.isSafeInteger(value) || String(value) !== text) {
    throw new UnexpectedShape(path, 'an integer');
  }
  return value;
}
