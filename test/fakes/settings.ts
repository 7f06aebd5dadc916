import { refusal, responseCodes, success, type Reply } from './remoting-server.ts';

/** Settings that no request may change (Configuration's black list in each server). */
const locked: ReadonlySet<string> = new Set(['brokerConfigPath', 'configBlackList', 'rocketmqHome']);

/** The configuration of one server, as java.util.Properties and typed fields hold it. */
export class FakeSettings {
  readonly #values: Map<string, string>;

  constructor(values: Readonly<Record<string, string>>) {
    this.#values = new Map(Object.entries(values));
  }

  /** Sorted, and not escaped. */
  read(): Reply {
    const lines = [...this.#values].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return { ...success, body: lines.map(([key, value]) => `${key}=${value}\n`).join('') };
  }

  get(key: string): string | undefined {
    return this.#values.get(key);
  }

  /** As the process itself does. */
  set(key: string, value: string): void {
    this.#values.set(key, value);
  }

  /** What it does not know, and what it cannot parse, is left as it is, with success. */
  update(text: string): { readonly reply: Reply; readonly asked: ReadonlyMap<string, string> } {
    const asked = parse(text);
    if ([...asked.keys()].some((key) => locked.has(key))) {
      return { reply: refusal(responseCodes.noPermission, 'Can not update config in black list.'), asked };
    }
    for (const [key, value] of asked) {
      const before = this.#values.get(key);
      if (before !== undefined) this.#values.set(key, typed(before, value));
    }
    return { reply: success, asked };
  }
}

/** What java.util.Properties reads of it. */
function parse(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line): readonly (readonly [string, string])[] => {
      const end = line.indexOf('=');
      if (end < 0) return [];
      const value = line.slice(end + 1).replaceAll(/\\(.)/g, '$1');
      return [[line.slice(0, end), value.trim()]];
    }),
  );
}

/** Integer.parseInt throws, and the setter is not called; Boolean.parseBoolean takes everything else for false. */
function typed(before: string, value: string): string {
  if (/^-?\d+$/.test(before)) return /^-?\d{1,9}$/.test(value) ? String(Number(value)) : before;
  return before === 'true' || before === 'false' ? String(value.toLowerCase() === 'true') : value;
}
