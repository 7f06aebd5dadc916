/** The settings that one RocketMQ process knows, and how to judge what a user wrote. */

const valueKinds = ['integer', 'decimal', 'boolean', 'text'] as const;
export type ValueKind = (typeof valueKinds)[number];
export type KeyTable = ReadonlyMap<string, ValueKind>;

export function keyTable(names: Partial<Readonly<Record<ValueKind, string>>>): KeyTable {
  const table = new Map<string, ValueKind>();
  for (const kind of valueKinds) {
    for (const name of names[kind]?.trim().split(/\s+/) ?? []) table.set(name, kind);
  }
  return table;
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
  const kind = rules.keys.get(key);
  if (kind === undefined) {
    const renamed = renamedKeys.get(key);
    const near = renamed ?? nearest(key, [...rules.keys.keys()]);
    const hint = near === undefined ? 'remove it' : `did you mean ${near}?`;
    return { reason: 'UnknownKey', message: `is no setting of this version: ${hint}` };
  }
  return isOfKind(value, kind)
    ? undefined
    : { reason: 'InvalidValue', message: `must be ${article[kind]}, not "${value}"` };
}

const article: Readonly<Record<ValueKind, string>> = {
  integer: 'a whole number',
  decimal: 'a number',
  boolean: 'true or false',
  text: 'text',
};

function isOfKind(value: string, kind: ValueKind): boolean {
  switch (kind) {
    case 'integer':
      return /^-?\d{1,19}$/.test(value);
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
