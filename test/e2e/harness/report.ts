/** Collects what the tests measured. Full runs keep it in docs/reports, a file for each Show; every run prints it. */
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { markdownTable } from '../../markdown.ts';
import { depth, seed } from './depth.ts';

/** Test files run in processes of their own; their findings meet in this file. */
const COLLECTED = `${tmpdir()}/gantry-e2e-report.jsonl`;
const REPORTS = fileURLToPath(new URL('../../../docs/reports', import.meta.url));

interface Row {
  readonly what: string;
  /** With its unit. */
  readonly value: string;
}

interface Finding extends Row {
  readonly show: string;
}

/** @param value with its unit */
export function report(show: string, what: string, value: string): void {
  const finding: Finding = { show, what, value };
  appendFileSync(COLLECTED, `${JSON.stringify(finding)}\n`);
  process.stderr.write(`[e2e] ${show}: ${what}: ${value}\n`);
}

export function startReport(): void {
  rmSync(COLLECTED, { force: true });
}

/** Writes the reports of the Shows that ran, in full depth only. */
export function finishReport(): void {
  if (depth !== 'full' || !existsSync(COLLECTED)) return;
  const findings = readFileSync(COLLECTED, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const finding: Finding = JSON.parse(line);
      return finding;
    });
  for (const show of new Set(findings.map((finding) => finding.show))) {
    writeReport(
      show,
      findings.filter((finding) => finding.show === show),
    );
  }
}

/** The whole of one Show, from a test that found all of it by itself. */
export function writeReport(show: string, rows: readonly Row[]): void {
  mkdirSync(REPORTS, { recursive: true });
  writeFileSync(join(REPORTS, fileName(show)), markdown(show, rows));
}

/** `Show 4: orders from end to end` → `show-4-orders-from-end-to-end.md` */
function fileName(show: string): string {
  return `${show.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.md`;
}

function markdown(show: string, rows: readonly Row[]): string {
  return [
    `# ${show}`,
    '',
    `Written by \`npm run test:full\` on ${new Date().toISOString().slice(0, 10)}; seed ${String(seed)}. Times are wall time on the machine that ran it.`,
    '',
    ...markdownTable(
      ['what', 'measured'],
      rows.map(({ what, value }) => [what, value]),
    ),
    '',
  ].join('\n');
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
