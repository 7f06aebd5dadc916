/** The settings that one RocketMQ process knows, and how to judge what a user wrote. */

/** Java's int and long among them: a number that is too large for its field is ignored like one that is none. */
const valueKinds = ['integer', 'long', 'decimal', 'boolean', 'text'] as const;
type ValueKind = (typeof valueKinds)[number];

export interface Key {
  readonly kind: ValueKind;
  /** RocketMQ's default; absent: there is none, or it follows from the machine. */
  readonly usual?: string;
}

export type KeyTable = ReadonlyMap<string, Key>;

/** @param names by kind, each as `name` or `name=default`; texts have a line each */
export function keyTable(names: Partial<Readonly<Record<ValueKind, string>>>): KeyTable {
  const table = new Map<string, Key>();
  for (const kind of valueKinds) {
    const entries = names[kind]?.trim().split(kind === 'text' ? /\s*\n\s*/ : /\s+/) ?? [];
    for (const entry of entries) {
      const [name = '', ...usual] = entry.split('=');
      table.set(name, usual.length === 0 ? { kind } : { kind, usual: usual.join('=') });
    }
  }
  return table;
}

/** @param names what an older version does not know yet */
export function withoutKeys(table: KeyTable, names: string): KeyTable {
  const unknown = new Set(names.trim().split(/\s+/));
  return new Map([...table].filter(([key]) => !unknown.has(key)));
}

export interface ConfigProblem {
  readonly reason: 'UnknownKey' | 'OwnedKey' | 'InvalidValue' | 'VersionStepRefused';
  /** Path in the spec. */
  readonly field: string;
  readonly message: string;
}

export interface ConfigRules {
  /** Where the settings stand in the spec, for example `spec.brokers.config`. */
  readonly path: string;
  readonly keys: KeyTable;
  /** Keys that the operator sets, with what to do instead. */
  readonly owned: ReadonlyMap<string, string>;
}

/** Whether RocketMQ makes the same of both: it writes a number or a flag back in its own way, and trims texts. */
export function isSameValue(key: Key | undefined, a: string, b: string): boolean {
  return canonical(key?.kind, a.trim()) === canonical(key?.kind, b.trim());
}

function canonical(kind: ValueKind | undefined, value: string): string {
  if (kind === undefined || kind === 'text' || !isOfKind(value, kind)) return value;
  if (kind === 'integer' || kind === 'long') return String(BigInt(value));
  return kind === 'decimal' ? String(Number(value)) : value;
}

/** RocketMQ ignores what it does not know and what it cannot parse, in silence: so everything is judged here. */
export function checkConfig(
  config: Readonly<Record<string, string>>,
  rules: ConfigRules,
): readonly ConfigProblem[] {
  return Object.entries(config).flatMap(([key, value]) => {
    const problem = checkKey(key, value, rules);
    return problem === undefined ? [] : [{ ...problem, field: `${rules.path}.${key}` }];
  });
}

function checkKey(key: string, value: string, rules: ConfigRules): Omit<ConfigProblem, 'field'> | undefined {
  const instead = rules.owned.get(key);
  if (instead !== undefined) return { reason: 'OwnedKey', message: `is set by the operator: ${instead}` };
  const known = rules.keys.get(key);
  if (known === undefined) {
    const renamed = renamedKeys.get(key);
    const near = renamed ?? nearest(key, [...rules.keys.keys()]);
    const hint = near === undefined ? 'remove it' : `did you mean ${near}?`;
    return { reason: 'UnknownKey', message: `is no setting of this version: ${hint}` };
  }
  return isOfKind(value, known.kind)
    ? undefined
    : { reason: 'InvalidValue', message: `must be ${article[known.kind]}, not "${value}"` };
}

const article: Readonly<Record<ValueKind, string>> = {
  integer: 'a whole number of at most 2147483647',
  long: 'a whole number',
  decimal: 'a number',
  boolean: 'true or false',
  text: 'text',
};

function isOfKind(value: string, kind: ValueKind): boolean {
  switch (kind) {
    case 'integer':
      return isWhole(value, 32);
    case 'long':
      return isWhole(value, 64);
    case 'decimal':
      return /^-?\d+(\.\d+)?$/.test(value);
    case 'boolean':
      return value === 'true' || value === 'false';
    case 'text':
      return true;
    default:
      return kind satisfies never;
  }
}

/** Spellings of RocketMQ 4 and of published charts that 5.x ignores without a word. */
const renamedKeys: ReadonlyMap<string, string> = new Map([
  ['mapedFileSizeCommitLog', 'mappedFileSizeCommitLog'],
  ['mapedFileSizeConsumeQueue', 'mappedFileSizeConsumeQueue'],
  ['mapedFileSizeConsumeQueueExt', 'mappedFileSizeConsumeQueueExt'],
  ['enableSkipLongWaitAck', 'enableSkipLongAwaitingAck'],
  ['transactionCheckMaxTimeInMs', 'transactionCheckMax'],
  ['warmMappedFileEnable', 'warmMapedFileEnable'],
  ['serverSemaphoreValue', 'serverAsyncSemaphoreValue'],
]);

/** The closest name by edit distance, when it is close enough to be a slip of the same word. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 4)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i += 1) {
    const row = [i + 1];
    for (let j = 0; j < b.length; j += 1) {
      const substitute = (previous[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      row.push(Math.min(substitute, (previous[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

function isWhole(value: string, bits: 32 | 64): boolean {
  return /^-?\d{1,19}$/.test(value) && BigInt.asIntN(bits, BigInt(value)) === BigInt(value);
}
