/** Collects what the tests measured. Full runs keep it as docs/reports/e2e.md; every run prints it. */
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { depth, seed } from './depth.ts';

/** Test files run in processes of their own; their findings meet in this file. */
const COLLECTED = `${tmpdir()}/gantry-e2e-report.jsonl`;
const REPORT = fileURLToPath(new URL('../../../docs/reports/e2e.md', import.meta.url));

interface Finding {
  readonly show: string;
  readonly what: string;
  readonly value: string;
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

/** Writes docs/reports/e2e.md from all that was collected, in full depth only. */
export function finishReport(): void {
  if (depth !== 'full' || !existsSync(COLLECTED)) return;
  const findings = readFileSync(COLLECTED, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const finding: Finding = JSON.parse(line);
      return finding;
    });
  mkdirSync(dirname(REPORT), { recursive: true });
  writeFileSync(REPORT, markdown(findings));
}

function markdown(findings: readonly Finding[]): string {
  const shows = [...new Set(findings.map((finding) => finding.show))];
  const sections = shows.map((show) => {
    const rows = findings.filter((finding) => finding.show === show);
    return [
      `## ${show}`,
      '',
      '| what | measured |',
      '| --- | --- |',
      ...rows.map((row) => `| ${cell(row.what)} | ${cell(row.value)} |`),
    ].join('\n');
  });
  return [
    '# End-to-end report',
    '',
    `Written by \`npm run test:full\`; seed ${String(seed)}. Times are wall time on the machine that ran it.`,
    '',
    `${sections.join('\n\n')}\n`,
  ].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
