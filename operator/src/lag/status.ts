/** The coarse picture of a group in its status. Pure. */
import type { ConsumerGroup } from '../api/mod.ts';
import { totalOf } from './backlog.ts';
import type { Consumption } from './observe.ts';

export type LagStatus = NonNullable<NonNullable<ConsumerGroup['status']>['consumption']>;
const fields = [
  'lag',
  'oldestSeconds',
  'members',
  'deadLetters',
] as const satisfies readonly (keyof LagStatus)[];

export function lagStatus({ backlog, oldestMs, members, deadLetters }: Consumption): LagStatus {
  return {
    ...(backlog === undefined ? {} : { lag: coarse(totalOf(backlog)) }),
    ...(oldestMs === undefined ? {} : { oldestSeconds: oldestMs < 10_000 ? 0 : coarse(oldestMs / 1_000) }),
    ...(members === undefined ? {} : { members }),
    ...(deadLetters === undefined ? {} : { deadLetters }),
  };
}

/** What a merge patch of the status says; undefined: nothing moved. */
export function lagPatch(before: LagStatus | undefined, next: LagStatus): object | undefined {
  if (fields.every((field) => before?.[field] === next[field])) return undefined;
  return Object.fromEntries(fields.map((field) => [field, next[field] ?? null]));
}

/** Whether something is unknown that was told. */
export function lacks(next: LagStatus, told: LagStatus | undefined): boolean {
  return fields.some((field) => told?.[field] !== undefined && next[field] === undefined);
}

/** Rounded down to 1, 2 or 5 times a power of ten: a group at work is behind by some messages, always by others. */
export function coarse(value: number): number {
  if (value < 1) return 0;
  const unit = 10 ** Math.floor(Math.log10(value));
  const digit = Math.floor(value / unit);
  return unit * (digit >= 5 ? 5 : digit >= 2 ? 2 : 1);
}
