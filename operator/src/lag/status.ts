/** The coarse picture of a group in its status. Pure. */
import type { ConsumerGroup } from '../api/mod.ts';
import { totalOf } from './backlog.ts';
import type { Consumption } from './observe.ts';

type LagStatus = NonNullable<NonNullable<ConsumerGroup['status']>['consumption']>;

export function lagStatus({ backlog, oldestMs, members, inFlight, deadLetters }: Consumption): LagStatus {
  return {
    ...(backlog === undefined ? {} : { lag: coarse(totalOf(backlog)) }),
    ...(oldestMs === undefined ? {} : { oldestSeconds: oldestMs < 10_000 ? 0 : coarse(oldestMs / 1_000) }),
    ...(members === undefined ? {} : { members }),
    ...(inFlight === undefined ? {} : { inFlight: coarse(inFlight) }),
    ...(deadLetters === undefined ? {} : { deadLetters }),
  };
}

/** Rounded down to 1, 2 or 5 times a power of ten: a group at work is behind by some messages, always by others. */
export function coarse(value: number): number {
  if (value < 1) return 0;
  const unit = 10 ** Math.floor(Math.log10(value));
  const digit = Math.floor(value / unit);
  return unit * (digit >= 5 ? 5 : digit >= 2 ? 2 : 1);
}
