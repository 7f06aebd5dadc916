/** The test's own record of what it sent and what it was told, and the facts to compare it with. */
export interface OrderRecord {
  readonly clientOrderId: string;
  readonly user: string;
  /** Epoch milliseconds of the first attempt, on the load generator's clock. */
  readonly postedAt: number;
  /** When the service acknowledged; absent: never (the outcome is then unknown). */
  readonly ackedAt?: number;
  readonly attempts: number;
}

/** One row that the consumer applied. */
export interface AppliedRow {
  readonly clientOrderId: string;
  readonly user: string;
  /** Position in the order of application: larger is later. Comparable within a user. */
  readonly position: number;
}

export type Violation =
  | { readonly kind: 'Lost'; readonly clientOrderId: string; readonly user: string }
  | {
      readonly kind: 'Duplicate';
      readonly clientOrderId: string;
      readonly user: string;
      readonly times: number;
    }
  | {
      readonly kind: 'Disorder';
      readonly user: string;
      readonly earlier: string;
      readonly overtakenBy: string;
    }
  | { readonly kind: 'Unknown'; readonly clientOrderId: string; readonly user: string }
  | { readonly kind: 'WrongUser'; readonly clientOrderId: string; readonly user: string };

/**
 * Compares the record with what was applied.
 * - every acknowledged order is there (`Lost`), every order at most once (`Duplicate`), for its own user
 *   (`WrongUser`), and nothing is there that was never posted (`Unknown`);
 * - an order that was acknowledged before another of the same user was first posted is applied before it
 *   (`Disorder`). Orders that overlap in time have no order to keep.
 */
export function checkRecord(
  record: readonly OrderRecord[],
  applied: readonly AppliedRow[],
): readonly Violation[] {
  const rows = groupBy(applied, (row) => row.clientOrderId);
  const posted = new Map(record.map((order) => [order.clientOrderId, order]));
  const violations: Violation[] = [];
  for (const order of record) {
    const found = rows.get(order.clientOrderId) ?? [];
    const who = { clientOrderId: order.clientOrderId, user: order.user };
    if (found.length === 0 && order.ackedAt !== undefined) violations.push({ kind: 'Lost', ...who });
    if (found.length > 1) violations.push({ kind: 'Duplicate', ...who, times: found.length });
    if (found.some((row) => row.user !== order.user)) violations.push({ kind: 'WrongUser', ...who });
  }
  for (const [clientOrderId, [row]] of rows) {
    if (!posted.has(clientOrderId) && row !== undefined) {
      violations.push({ kind: 'Unknown', clientOrderId, user: row.user });
    }
  }
  for (const orders of groupBy(record, (order) => order.user).values()) {
    violations.push(...disorder(orders, rows));
  }
  return violations;
}

/** Sweeps the user's rows in order of application: none may have been acknowledged before an earlier one was posted. */
function disorder(
  orders: readonly OrderRecord[],
  rows: ReadonlyMap<string, readonly AppliedRow[]>,
): readonly Violation[] {
  const inOrder = orders
    .flatMap((order) => {
      const row = rows.get(order.clientOrderId)?.[0];
      return row === undefined ? [] : [{ order, position: row.position }];
    })
    .toSorted((a, b) => a.position - b.position);
  const found: Violation[] = [];
  let latest: OrderRecord | undefined; // of those applied so far, the one that was posted last
  for (const { order } of inOrder) {
    if (latest !== undefined && order.ackedAt !== undefined && order.ackedAt < latest.postedAt) {
      found.push({
        kind: 'Disorder',
        user: order.user,
        earlier: order.clientOrderId,
        overtakenBy: latest.clientOrderId,
      });
    }
    if (latest === undefined || order.postedAt > latest.postedAt) latest = order;
  }
  return found;
}

function groupBy<T>(values: readonly T[], key: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(key(value));
    if (group === undefined) groups.set(key(value), [value]);
    else group.push(value);
  }
  return groups;
}
