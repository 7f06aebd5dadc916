/** Keeps what became of each test file in its last run in full depth, and writes the report from it. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { output, run } from '../ground/run.ts';
import { build } from './build.ts';
import { renderClaims } from './report.ts';
import { namedIn, resultsOf, type JestReport, type Results } from './results.ts';

const REPORTS = 'docs/reports';
const REPORT = 'what-is-tested.md';
/** Beside the report, so that a run in another clone goes on from the same. */
const RESULTS = 'what-is-tested.json';

/**
 * @param root of the repository
 * @param json Jest's report of some test files
 */
export async function recordRun(root: string, json: string): Promise<void> {
  const report: JestReport = JSON.parse(json);
  const kept = join(root, REPORTS, RESULTS);
  const all = {
    ...(await readResults(kept)),
    ...resultsOf(report, { root, commit: await commitOf(root) }),
  };
  const results = namedIn(build, all);
  await writeFile(kept, `${JSON.stringify(results, undefined, 1)}\n`);
  const reports = new Map<string, string>();
  for (const name of new Set(build.flatMap(({ claims }) => claims.flatMap((claim) => claim.report ?? [])))) {
    const text = await readText(join(root, REPORTS, name));
    if (text !== undefined) reports.set(name, text);
  }
  await writeFile(join(root, REPORTS, REPORT), renderClaims(build, { results, reports }));
}

async function readResults(path: string): Promise<Results> {
  const text = await readText(path);
  return text === undefined ? {} : JSON.parse(text);
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Reports are written while tests run: a change of them is none of what is tested. */
async function commitOf(root: string): Promise<string> {
  const compare = ['diff', '--quiet', 'HEAD', '--', '.', `:(exclude)${REPORTS}`];
  try {
    const commit = await output('git', ['rev-parse', '--short', 'HEAD'], { cwd: root });
    const { code } = await run('git', compare, { cwd: root, accept: [1] });
    return code === 0 ? commit : `${commit} and changes`;
  } catch {
    return 'no commit known';
  }
}
