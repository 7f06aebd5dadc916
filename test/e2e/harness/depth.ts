/** `quick` is what every `npm test` runs; `full` is the whole of issue-sized figures (`npm run test:full`). */
export const depth: 'quick' | 'full' = process.env['GANTRY_TEST_DEPTH'] === 'full' ? 'full' : 'quick';

export function byDepth<T>(values: { readonly quick: T; readonly full: T }): T {
  return values[depth];
}

/** The seed of this run: GANTRY_SEED to repeat one, else from the clock. Print it in every test that uses it. */
export const seed: number = readSeed(process.env['GANTRY_SEED']);

function readSeed(text: string | undefined): number {
  if (text === undefined || text === '') return Date.now() % 1_000_000_007;
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`GANTRY_SEED must be an integer, not "${text}"`);
  return value;
}
