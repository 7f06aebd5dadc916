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
    ...(oldestMs === undefined ? {} : { oldestSeconds: coarseSeconds(oldestMs) }),
    ...(members === undefined ? {} : { members }),
    ...(deadLetters === undefined ? {} : { deadLetters: coarse(deadLetters) }),
  };
}

/** What a merge patch of the status says; undefined: nothing moved. */
export function lagPatch(before: LagStatus | undefined, next: LagStatus): object | undefined {
  if (fields.every((field) => before?.[field] === next[field])) return undefined;
  return Object.fromEntries(fields.map((field) => [field, next[field] ?? null]));
}

/** Two digits of what has more: 12,345 is 12,000. */
function coarse(value: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, value))) - 1);
  return Math.floor(value / unit) * unit;
}

/** A queue that is read all the time has something that is a few seconds old now and then. */
function coarseSeconds(ms: number): number {
  const seconds = Math.floor(ms / 1_000);
  return seconds < 60 ? Math.floor(seconds / 10) * 10 : coarse(seconds);
}
