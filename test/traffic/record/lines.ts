/**
 * The record of a run: one short line for each thing that happened, written by the probe and read by the checker.
 * `A` a send was acknowledged, `U` one never was, `D` a message was delivered through the proxy, `F` the log holds a
 * message at the end.
 */

export interface Sent {
  readonly sequence: number;
  /** Sends of it whose outcome nobody knows: each may have stored a copy. */
  readonly unknown: number;
}

export interface Acknowledged extends Sent {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly attempts: number;
}

export interface Held {
  readonly offset: number;
  readonly sequence: number;
}

/** An ordered key: one queue of one group, whose sends follow one another. */
export interface Lane {
  readonly group: string;
  readonly queue: number;
  readonly acknowledged: readonly Acknowledged[];
  readonly unfinished: readonly Sent[];
  /** In the order of delivery. */
  readonly delivered: readonly Held[];
  /** In the order of the log, as the master gives it out after everything else. */
  readonly stored: readonly Held[];
}

export type Line = { readonly group: string; readonly queue: number } & (
  | ({ readonly type: 'A' } & Acknowledged)
  | ({ readonly type: 'U' } & Sent)
  | ({ readonly type: 'D' | 'F' } & Held)
);

export function formatLine(line: Line): string {
  const lane = `${line.type} ${line.group} ${String(line.queue)}`;
  switch (line.type) {
    case 'A':
      return `${lane} ${[line.sequence, line.unknown, line.at, line.attempts].join(' ')}`;
    case 'U':
      return `${lane} ${[line.sequence, line.unknown].join(' ')}`;
    case 'D':
    case 'F':
      return `${lane} ${[line.offset, line.sequence].join(' ')}`;
    default:
      return line satisfies never;
  }
}

type Growing<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

/** @throws Error for a line that is none: a record that cannot be read proves nothing */
export function readLanes(text: string): readonly Lane[] {
  const lanes = new Map<string, Growing<Lane>>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [type, group = '', ...rest] = line.split(' ');
    const numbers = rest.map(Number);
    const [
      queue = Number.NaN,
      first = Number.NaN,
      second = Number.NaN,
      at = Number.NaN,
      attempts = Number.NaN,
    ] = numbers;
    if (numbers.length !== (type === 'A' ? 5 : 3) || numbers.some((each) => !Number.isSafeInteger(each))) {
      throw new Error(`not a line of a record: ${line}`);
    }
    const key = `${group} ${String(queue)}`;
    const lane = lanes.get(key) ?? {
      group,
      queue,
      acknowledged: [],
      unfinished: [],
      delivered: [],
      stored: [],
    };
    lanes.set(key, lane);
    if (type === 'A') lane.acknowledged.push({ sequence: first, unknown: second, at, attempts });
    else if (type === 'U') lane.unfinished.push({ sequence: first, unknown: second });
    else if (type === 'D') lane.delivered.push({ offset: first, sequence: second });
    else if (type === 'F') lane.stored.push({ offset: first, sequence: second });
    else throw new Error(`not a line of a record: ${line}`);
  }
  return [...lanes.values()];
}
