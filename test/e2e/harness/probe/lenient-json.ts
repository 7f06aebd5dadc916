/**
 * Reads what RocketMQ calls JSON: integer keys without quotes, and objects as keys. Written apart from the operator's
 * own reader, so that one mistake cannot hide in both.
 */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** @throws SyntaxError */
export function parseLenient(text: string): Json {
  const reader = new Reader(text);
  const value = reader.value();
  reader.end();
  return value;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  end(): void {
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected();
  }

  value(): Json {
    this.#space();
    const char = this.#text[this.#at];
    if (char === '{') return this.#object();
    if (char === '[') return this.#array();
    if (char === '"') return this.#string();
    return this.#bare();
  }

  #object(): Json {
    this.#expect('{');
    const members: [string, Json][] = [];
    if (this.#skip('}')) return {};
    do {
      const key = this.value();
      this.#expect(':');
      // An object as a key keeps its own JSON as the name: one key for one queue.
      members.push([typeof key === 'object' ? JSON.stringify(key) : String(key), this.value()]);
    } while (this.#skip(','));
    this.#expect('}');
    // Defines members where an assignment would set the prototype: "__proto__" is a name like any other.
    return Object.fromEntries(members);
  }

  #array(): Json {
    this.#expect('[');
    const items: Json[] = [];
    if (this.#skip(']')) return items;
    do items.push(this.value());
    while (this.#skip(','));
    this.#expect(']');
    return items;
  }

  #string(): string {
    const from = this.#at;
    this.#at++;
    while (this.#at < this.#text.length && this.#text[this.#at] !== '"') {
      this.#at += this.#text[this.#at] === '\\' ? 2 : 1;
    }
    this.#at++;
    const value: string = JSON.parse(this.#text.slice(from, this.#at));
    return value;
  }

  #bare(): Json {
    const word = /^[-+.\w]+/.exec(this.#text.slice(this.#at, this.#at + 64))?.[0];
    if (word === undefined) throw this.#unexpected();
    this.#at += word.length;
    if (word === 'null') return null;
    if (word === 'true' || word === 'false') return word === 'true';
    const number = Number(word);
    return Number.isNaN(number) ? word : number;
  }

  #skip(char: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #expect(char: string): void {
    if (!this.#skip(char)) throw this.#unexpected();
  }

  #space(): void {
    while (' \n\r\t'.includes(this.#text[this.#at] ?? 'x')) this.#at++;
  }

  #unexpected(): SyntaxError {
    return new SyntaxError(`unexpected at ${String(this.#at)}: ${this.#text.slice(this.#at, this.#at + 40)}`);
  }
}
