/** Which test files a run has. */
import type { TestStage } from '../arguments.ts';

export interface TestOptions {
  readonly only: TestStage | undefined;
  readonly full: boolean;
  readonly keep: boolean;
  readonly pattern: string | undefined;
}

export type JestStage = Exclude<TestStage, 'check'>;

/** The whole of test/e2e takes longer than CI has: it runs by `npm run test:full`, or one file by its name. */
const QUICK_E2E = 'show3-cluster|show7-bad-input';

/** The expression on paths that Jest is given; undefined: it takes all files. */
export function patternOf(stage: JestStage, { pattern, full }: TestOptions): string | undefined {
  return pattern ?? (stage === 'e2e' && !full ? QUICK_E2E : undefined);
}

/** Whether the end-to-end tests of a run have a file: some need images that take minutes to make. */
export function runsEndToEnd(path: string, options: TestOptions): boolean {
  if (options.only !== undefined && options.only !== 'e2e') return false;
  const pattern = patternOf('e2e', options);
  return pattern === undefined || new RegExp(pattern, 'i').test(path);
}

/**
 * Some findings are about all of the end-to-end tests, in whichever depth.
 *
 * @param paths of the end-to-end files that there are
 */
export function isWhole(paths: readonly string[], options: TestOptions): boolean {
  return paths.every((path) => runsEndToEnd(path, options));
}
