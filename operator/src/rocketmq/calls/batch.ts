import { RocketmqError } from '../errors.ts';

/** The broker takes 100 a request at 5,000 per second and 500 at 16,000; beyond that a request gets slow. */
const itemsPerRequest = 500;

export interface Batch<T> {
  readonly items: readonly T[];
  nameOf(item: T): string;
  /** Why the item must not be sent at all. */
  problemOf(item: T): RocketmqError | undefined;
  /** False for an item that must not be part of a list. */
  listable(item: T): boolean;
  many(items: readonly T[]): Promise<void>;
  one(item: T): Promise<void>;
}

/**
 * Sends items in list requests. Where a broker does not know the list request, or refuses a list for one of
 * its items, the items go one by one: a refused list leaves the items before the bad one in the broker's
 * memory, unsaved and unregistered, and only writing them again completes them.
 *
 * @returns the items that were refused, by name
 * @throws RocketmqError when the broker could not be asked
 */
export async function sendBatch<T>(batch: Batch<T>): Promise<ReadonlyMap<string, RocketmqError>> {
  const refused = new Map<string, RocketmqError>();
  const listed: T[] = [];
  const alone: T[] = [];
  for (const item of batch.items) {
    const problem = batch.problemOf(item);
    if (problem !== undefined) refused.set(batch.nameOf(item), problem);
    else (batch.listable(item) ? listed : alone).push(item);
  }
  for (let start = 0; start < listed.length; start += itemsPerRequest) {
    const part = listed.slice(start, start + itemsPerRequest);
    const refusal = await refusalOf(() => batch.many(part));
    if (refusal !== undefined) alone.push(...part);
  }
  for (const item of alone) {
    const refusal = await refusalOf(() => batch.one(item));
    if (refusal !== undefined) refused.set(batch.nameOf(item), refusal);
  }
  return refused;
}

/** The server's no to what was sent; being unreachable, overloaded or about to stop is no answer about any item. */
async function refusalOf(send: () => Promise<void>): Promise<RocketmqError | undefined> {
  try {
    await send();
    return undefined;
  } catch (error) {
    const says = error instanceof RocketmqError && error.responseCode !== undefined;
    if (says && error.code !== 'Busy' && error.code !== 'Closed') return error;
    throw error;
  }
}
