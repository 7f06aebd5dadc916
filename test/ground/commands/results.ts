import { elapsed } from '../progress.ts';
import { table } from './table.ts';

export interface StageResult {
  readonly stage: string;
  readonly passed: number;
  readonly failed: number;
  readonly tookMs: number;
}

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly success: boolean;
}

/** The counts in Jest's JSON report. A file that cannot even be loaded has no test to fail, and counts as one. */
export function readJest(json: string): { readonly passed: number; readonly failed: number } {
  const report: JestReport = JSON.parse(json);
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  return { passed: report.numPassedTests, failed: failed === 0 && !report.success ? 1 : failed };
}

export function summary(results: readonly StageResult[]): string {
  const rows = results.map(({ stage, passed, failed, tookMs }) => [
    stage,
    failed === 0 ? 'ok' : 'FAILED',
    String(passed),
    String(failed),
    elapsed(tookMs),
  ]);
  const total = results.reduce((sum, { tookMs }) => sum + tookMs, 0);
  return table(
    ['STAGE', 'RESULT', 'PASSED', 'FAILED', 'TIME'],
    [...rows, ['all', '', '', '', elapsed(total)]],
  );
}

/** The last line of a run: what the tests of all stages came to. */
export function closingLine(results: readonly StageResult[]): string {
  const sum = (key: 'passed' | 'failed'): number => results.reduce((total, result) => total + result[key], 0);
  return `${String(sum('passed'))} passed, ${String(sum('failed'))} failed`;
}
