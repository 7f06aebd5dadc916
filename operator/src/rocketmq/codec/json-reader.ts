import { EntryList, isJsonObject, type JsonObject, type JsonValue } from './json-value.ts';

/** Deeper than any RocketMQ body, and shallow enough to never exhaust the stack. */
const maxDepth = 64;

/** Twice an int64. Converting a long integer costs more than linear time. */
const maxIntegerDigits = 40;

/** JSON.parse rounds such a number silently; a body that holds one takes the exact parser. */
const longDigits = /\d{16}/;

/**
 * Reads the JSON that RocketMQ writes, which is not always JSON: map keys may be bare integers
 * (`{0:"host:port"}`, fastjson and fastjson2 both) or whole objects (`{{"queueId":0}:{…}}`), and up to 5.3
 * a repeated Java object is written as `{"$ref":"…"}`.
 *
 * @throws SyntaxError when the text is neither.
 */
export function readJson(text: string): JsonValue {
  const needsExactNumbers = longDigits.test(text);
  if (!needsExactNumbers) {
    try {
      const value: JsonValue = JSON.parse(text);
      return text.includes('"$ref"') ? resolveReferences(value) : value;
    } catch {
      // Not standard: the lenient parser decides.
    }
  }
  const value = new Parser(text).parse();
  return text.includes('"$ref"') ? resolveReferences(value) : value;
}

type Key = string | JsonObject | EntryList | readonly JsonValue[];

const numberToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const wordToken = /-?[A-Za-z_$][\w$]*/y;

const words: ReadonlyMap<string, JsonValue> = new Map<string, JsonValue>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): JsonValue {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail('unexpected text after the value');
    return value;
  }

  #value(depth: number): JsonValue {
    if (depth > maxDepth) this.#fail('nested too deeply');
    const char = this.#peek();
    if (char === '{') return this.#object(depth);
    if (char === '[') return this.#array(depth);
    return char === '"' ? this.#string() : this.#numberOrWord();
  }

  #object(depth: number): JsonObject | EntryList {
    const entries: [Key, JsonValue][] = [];
    this.#expect('{');
    if (!this.#take('}')) {
      do {
        const key = this.#key(depth);
        this.#expect(':');
        entries.push([key, this.#value(depth + 1)]);
      } while (this.#take(','));
      this.#expect('}');
    }
    const object: Record<string, JsonValue> = Object.create(null);
    for (const [key, value] of entries) {
      if (typeof key !== 'string') return new EntryList(entries);
      object[key] = value;
    }
    return object;
  }

  #key(depth: number): Key {
    const char = this.#peek();
    if (depth >= maxDepth) this.#fail('nested too deeply');
    if (char === '{') return this.#object(depth + 1);
    if (char === '[') return this.#array(depth + 1);
    if (char === '"') return this.#string();
    return this.#token(numberToken) ?? this.#token(wordToken) ?? this.#fail('a key was expected');
  }

  #array(depth: number): JsonValue[] {
    const items: JsonValue[] = [];
    this.#expect('[');
    if (this.#take(']')) return items;
    do items.push(this.#value(depth + 1));
    while (this.#take(','));
    this.#expect(']');
    return items;
  }

  #string(): string {
    const start = this.#at;
    for (let end = start + 1; end < this.#text.length; end++) {
      const char = this.#text[end];
      if (char === '\\') end++;
      else if (char === '"') {
        this.#at = end + 1;
        const value: unknown = JSON.parse(this.#text.slice(start, this.#at));
        return String(value);
      }
    }
    return this.#fail('a string does not end');
  }

  #numberOrWord(): JsonValue {
    const digits = this.#token(numberToken);
    if (digits !== undefined) return readNumber(digits);
    const word = this.#token(wordToken);
    return word !== undefined && words.has(word)
      ? (words.get(word) ?? null)
      : this.#fail('a value was expected');
  }

  #token(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0];
    if (token !== undefined) this.#at += token.length;
    return token;
  }

  #peek(): string | undefined {
    this.#skipSpace();
    return this.#text[this.#at];
  }

  #skipSpace(): void {
    for (;;) {
      const char = this.#text[this.#at];
      if (char !== ' ' && char !== '\n' && char !== '\r' && char !== '\t') return;
      this.#at++;
    }
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at++;
    return true;
  }

  #expect(char: string): void {
    if (!this.#take(char)) this.#fail(`'${char}' was expected`);
  }

  /** The text itself stays out of the message: it can hold a credential. */
  #fail(why: string): never {
    throw new SyntaxError(`${why} at position ${this.#at}`);
  }
}

function readNumber(digits: string): number | bigint {
  const value = Number(digits);
  if (Number.isSafeInteger(value) || /[.eE]/.test(digits)) return value;
  if (digits.length > maxIntegerDigits) throw new SyntaxError('an integer is too long');
  return BigInt(digits);
}

/**
 * Resolves fastjson's `$` (root) paths; other forms (`..`, `@`) were never seen from a server and fail.
 * Each path is resolved once and shared, so references to references cannot blow the value up.
 */
function resolveReferences(root: JsonValue): JsonValue {
  const resolved = new Map<string, JsonValue>();
  const follow = (value: JsonValue, depth: number): JsonValue => {
    if (depth > maxDepth) throw new SyntaxError('references form a cycle');
    if (Array.isArray(value)) return value.map((item: JsonValue) => follow(item, depth + 1));
    if (value instanceof EntryList) {
      return new EntryList(value.entries.map(([k, v]) => [follow(k, depth + 1), follow(v, depth + 1)]));
    }
    if (!isJsonObject(value)) return value;
    const path = value['$ref'];
    if (typeof path === 'string' && Object.keys(value).length === 1) {
      const known = resolved.get(path);
      if (known !== undefined) return known;
      const target = follow(locate(root, path), depth + 1);
      resolved.set(path, target);
      return target;
    }
    const copy: Record<string, JsonValue> = Object.create(null);
    for (const [key, item] of Object.entries(value)) copy[key] = follow(item, depth + 1);
    return copy;
  };
  return follow(root, 0);
}

function locate(root: JsonValue, path: string): JsonValue {
  if (!/^\$(?:\.[^.[\]]+|\[\d+\])*$/.test(path)) throw new SyntaxError('a reference has an unknown form');
  let value: JsonValue | undefined = root;
  for (const [, name, index] of path.matchAll(/\.([^.[\]]+)|\[(\d+)\]/g)) {
    if (name !== undefined) value = isJsonObject(value) ? value[name] : undefined;
    else value = Array.isArray(value) ? value[Number(index)] : undefined;
  }
  if (value === undefined) throw new SyntaxError('a reference leads nowhere');
  return value;
}
