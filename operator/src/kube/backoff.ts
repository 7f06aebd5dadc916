import type { Random } from './clock.ts';

export interface BackoffRange {
  readonly baseMs: number;
  readonly maxMs: number;
}

/**
 * Delay before the next try after `failures` failures in a row (1 = the first): doubled each time up to the
 * maximum, then cut by up to half at random so that a herd of clients spreads out.
 */
export function backoffMs(failures: number, range: BackoffRange, random: Random): number {
  const ceiling = Math.min(range.maxMs, range.baseMs * 2 ** Math.min(Math.max(failures - 1, 0), 30));
  return ceiling * (1 - random() / 2);
}
