/** One object edited after the other while a resync follows a resync. */
import type { Fleet } from './object-fleet.ts';
import { resyncAgainAndAgain, type Bench } from './resync.ts';

/** Prime, so that the edits go through all objects and not along the order in which they were made. */
const STRIDE = 617;

export interface Edits {
  /** From the request until the object was seen Ready, in milliseconds, by plural of the kind. */
  readonly readyMs: ReadonlyMap<string, readonly number[]>;
  /** How often all objects were compared meanwhile. */
  readonly resyncs: number;
}

/** @param count edits of each kind, one after the other; the kinds beside each other */
export async function measureEdits(bench: Bench, count: number): Promise<Edits> {
  const over = new AbortController();
  const resyncing = resyncAgainAndAgain(bench, over.signal);
  const editing = Promise.all(
    bench.fleets.map(async (fleet) => [fleet.plural, await editEach(fleet, count, over.signal)] as const),
  );
  try {
    // Without resyncs the edits would not be what they are said to be.
    const readyMs = await Promise.race([editing, resyncing.then(() => editing)]);
    over.abort();
    return { readyMs: new Map(readyMs), resyncs: await resyncing };
  } finally {
    over.abort();
    await Promise.allSettled([resyncing, editing]);
  }
}

async function editEach(fleet: Fleet, count: number, signal: AbortSignal): Promise<readonly number[]> {
  const { names } = fleet;
  const readyMs: number[] = [];
  for (let edit = 0; edit < count && !signal.aborted; edit += 1) {
    readyMs.push(await fleet.edit(names[(edit * STRIDE) % names.length] ?? ''));
  }
  return readyMs;
}
