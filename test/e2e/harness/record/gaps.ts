/** How long sending failed, from the test's own record. All times are epoch milliseconds or milliseconds. */
import type { OrderRecord } from './record.ts';

export interface Gap {
  readonly from: number;
  readonly lengthMs: number;
}

/** The longest time without any acknowledgement between the first and the last one. Undefined for fewer than two. */
export function largestGap(ackedAt: readonly number[]): Gap | undefined {
  const times = ackedAt.toSorted((a, b) => a - b);
  let largest: Gap | undefined;
  for (const [index, to] of times.entries()) {
    const from = times[index - 1];
    if (from === undefined) continue;
    if (largest === undefined || to - from > largest.lengthMs) largest = { from, lengthMs: to - from };
  }
  return largest;
}

export interface FaultEffect {
  /** From the fault to the first acknowledgement after it. */
  readonly firstAckMs: number | undefined;
  /** The longest that one order, under way at the fault or posted within `windowMs` after it, took to be acknowledged. */
  readonly slowestOrderMs: number;
  /** Orders of that window that needed more than one attempt. */
  readonly retriedOrders: number;
}

/** What clients saw of a fault at time `at`. */
export function effectOf(record: readonly OrderRecord[], at: number, windowMs: number): FaultEffect {
  const touched = record.filter(
    (order) => order.postedAt <= at + windowMs && (order.ackedAt ?? Number.POSITIVE_INFINITY) >= at,
  );
  const acks = record.flatMap((order) =>
    order.ackedAt !== undefined && order.ackedAt >= at ? [order.ackedAt] : [],
  );
  return {
    firstAckMs: acks.length === 0 ? undefined : acks.reduce((a, b) => Math.min(a, b)) - at,
    slowestOrderMs: touched.reduce(
      (slowest, order) => Math.max(slowest, (order.ackedAt ?? order.postedAt) - order.postedAt),
      0,
    ),
    retriedOrders: touched.filter((order) => order.attempts > 1).length,
  };
}
