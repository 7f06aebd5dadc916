/** What became of the tests that claims name. Pure. */
import { relative } from 'node:path';
import type { Chapter, TestName } from './claim.ts';
import { isMadeFrom } from './titles.ts';

/** The part of Jest's JSON report that is needed here. */
export interface JestReport {
  readonly testResults: readonly {
    /** Absolute path. */
    readonly name: string;
    readonly endTime: number;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
    }[];
  }[];
}

export interface FileResult {
  /** Day on which it ran, as in 2026-01-31. */
  readonly date: string;
  /** Of the sources that it ran with. */
  readonly commit: string;
  readonly tests: readonly { readonly titles: readonly string[]; readonly status: string }[];
}

/** By path from the root of the repository: the last run of each file. */
export type Results = Readonly<Record<string, FileResult>>;

export function resultsOf(
  { testResults }: JestReport,
  { root, commit }: { readonly root: string; readonly commit: string },
): Results {
  return Object.fromEntries(
    testResults.map(({ name, endTime, assertionResults }) => [
      relative(root, name),
      {
        date: new Date(endTime).toISOString().slice(0, 10),
        commit,
        tests: assertionResults.map(({ ancestorTitles, title, status }) => ({
          titles: [...ancestorTitles, title],
          status,
        })),
      },
    ]),
  );
}

/** What claims name, by file: nothing else is told by anybody. A file that could not be loaded stays, too. */
export function namedIn(chapters: readonly Chapter[], results: Results): Results {
  const names = chapters.flatMap(({ claims }) => claims.flatMap(({ tests }) => tests));
  const byFile = [...Map.groupBy(names, ({ file }) => file)].toSorted(([one], [other]) =>
    one < other ? -1 : 1,
  );
  return Object.fromEntries(
    byFile.flatMap(([file, named]) => {
      const run = results[file];
      if (run === undefined) return [];
      const tests = run.tests.filter(({ titles }) => named.some((name) => isOne(titles, name)));
      return run.tests.length > 0 && tests.length === 0 ? [] : [[file, { ...run, tests }]];
    }),
  );
}

function isOne(titles: readonly string[], { title }: TestName): boolean {
  return titles.some((reported) => isMadeFrom(reported, title));
}

export type Outcome =
  | { readonly kind: 'NotRun' }
  | {
      readonly kind: 'Passed' | 'Failed';
      /** Tests that the name stands for. */
      readonly count: number;
      readonly run: FileResult;
    };

export function outcomeOf(name: TestName, results: Results): Outcome {
  const run = results[name.file];
  if (run === undefined) return { kind: 'NotRun' };
  // A file that could not be loaded has no tests to report.
  if (run.tests.length === 0) return { kind: 'Failed', count: 0, run };
  const meant = run.tests.filter(({ titles }) => isOne(titles, name));
  const count = meant.length;
  if (meant.some(({ status }) => status === 'failed')) return { kind: 'Failed', count, run };
  const passed = count > 0 && meant.every(({ status }) => status === 'passed');
  return passed ? { kind: 'Passed', count, run } : { kind: 'NotRun' };
}
