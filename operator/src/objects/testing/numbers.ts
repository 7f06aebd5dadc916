import { RocketmqError } from '../../rocketmq/mod.ts';
import type { Difference } from '../kind.ts';
import type { Entry } from '../plan.ts';
import type { Tables } from '../tables.ts';
import type { Master } from '../topology.ts';

/** The simplest kind: a number that may only grow. */
export const compare = (desired: number, actual: number | undefined): Difference<number> => {
  if (actual === undefined) return { kind: 'Create', write: desired };
  if (actual > desired) return { kind: 'Refused', reason: 'AttributeImmutable', message: 'too many' };
  return actual === desired ? { kind: 'Same' } : { kind: 'Change', write: desired, keys: ['size'] };
};
export const entry: Entry<number> = {
  key: 'n/x',
  name: 'X',
  desired: 8,
  urgent: true,
  settled: false,
  adoption: 'Adopt',
  ownedOn: [],
  groups: undefined,
  drainingSinceMs: undefined,
  drainTold: false,
  unheld: false,
};
export const confirmed = (group: string): Master => ({ kind: 'Confirmed', group, address: `${group}:1` });
export const masters = [confirmed('a'), confirmed('b')];
export const holds = (value?: number) =>
  ({ ok: true, value: value === undefined ? new Map<string, number>() : new Map([['X', value]]) }) as const;
export const timeout = (address: string) => new RocketmqError('Timeout', 'no answer', { address });
export const silent = { ok: false, error: timeout('a:1') } as const;
export const tables = (
  a: Tables<number> extends ReadonlyMap<string, infer T> ? T : never,
  b = a,
): Tables<number> =>
  new Map([
    ['a:1', a],
    ['b:1', b],
  ]);
