/** Judges a stream of numbered sends, one at a time, by what the group holds afterwards. Pure. */

export interface StreamVerdict {
  /** Acknowledged, and not there. */
  readonly lost: readonly number[];
  /** There after a later one. Sends follow one another, so the log has to have them in order. */
  readonly disordered: readonly number[];
  /** There, and never sent. */
  readonly invented: readonly number[];
  /** There more often than once: sends whose answer was lost, and which were repeated. */
  readonly repeated: readonly number[];
}

/**
 * @param acknowledged numbers that were acknowledged, in any order
 * @param stored numbers in the order of the log
 */
export function checkStream(acknowledged: readonly number[], stored: readonly number[]): StreamVerdict {
  const there = new Set(stored);
  const sent = new Set(acknowledged);
  const disordered: number[] = [];
  let highest = 0;
  for (const number of stored) {
    if (number < highest) disordered.push(number);
    highest = Math.max(highest, number);
  }
  const seen = new Set<number>();
  const repeated = stored.filter((number) => seen.size === seen.add(number).size);
  return {
    lost: acknowledged.filter((number) => !there.has(number)),
    disordered,
    invented: [...there].filter((number) => !sent.has(number)),
    repeated: [...new Set(repeated)],
  };
}
