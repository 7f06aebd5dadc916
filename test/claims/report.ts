/** Claims with their tests and what became of them, as a report for people. Pure. */
import { markdownTable } from '../markdown.ts';
import type { Chapter, Claim } from './claim.ts';
import { outcomeOf, type Outcome, type Results } from './results.ts';

export interface Evidence {
  readonly results: Results;
  /** Text of each file of docs/reports that a claim names, by its name. */
  readonly reports: ReadonlyMap<string, string>;
}

export function renderClaims(chapters: readonly Chapter[], evidence: Evidence): string {
  const claims = chapters.flatMap((chapter) => chapter.claims);
  return [
    '# What is to be built, and what shows it',
    '',
    'Written by `npm run test:full`; a run of some of the tests renews their lines alone. Each line names a test, or a',
    'group of them with their number, and its last run in full depth: the day, and the commit that it ran on. The list is',
    '`test/claims/build.ts`, and a unit test holds each name in it to a test that there is.',
    '',
    ...markdownTable(['claims', ''], tally(claims, evidence)),
    ...chapters.flatMap(({ heading, claims: own }) => [
      '',
      `## ${heading}`,
      '',
      ...markdownTable(
        ['claim', 'test', 'result'],
        own.flatMap((claim) => rowsOf(claim, evidence)),
      ),
    ]),
    '',
  ].join('\n');
}

const verdicts = ['shown', 'failed', 'not run', 'not shown, or not all of it'] as const;
type Verdict = (typeof verdicts)[number];

/** The worst of its tests; what lacks something is never shown. */
function verdictOf({ tests, report, lacks }: Claim, { results, reports }: Evidence): Verdict {
  const kinds = tests.map((test) => outcomeOf(test, results).kind);
  const text = report === undefined ? undefined : reports.get(report);
  if (kinds.includes('Failed') || hasFailed(text)) return 'failed';
  if (lacks !== undefined) return 'not shown, or not all of it';
  return kinds.includes('NotRun') || (report !== undefined && text === undefined) ? 'not run' : 'shown';
}

function tally(claims: readonly Claim[], evidence: Evidence): readonly (readonly string[])[] {
  const counted = Map.groupBy(claims, (claim) => verdictOf(claim, evidence));
  return verdicts.map((verdict) => [verdict, String(counted.get(verdict)?.length ?? 0)]);
}

function rowsOf(claim: Claim, { results, reports }: Evidence): readonly (readonly string[])[] {
  const { tests, report, lacks } = claim;
  const rows = [
    ...tests.map((test) => [`${test.title} (\`${test.file}\`)`, resultOf(outcomeOf(test, results))]),
    ...(report === undefined ? [] : [reportRow(report, reports.get(report))]),
    ...(lacks === undefined ? [] : [['no test', lacks]]),
  ];
  return rows.map((row, index) => [index === 0 ? claim.says : '', ...row]);
}

function resultOf(outcome: Outcome): string {
  if (outcome.kind === 'NotRun') return 'not run';
  const { kind, count, run } = outcome;
  const many = count > 1 ? `, ${String(count)} tests` : '';
  return `${kind === 'Passed' ? 'passed' : '**failed**'}${many} (${run.date}, ${run.commit})`;
}

function reportRow(name: string, text: string | undefined): readonly string[] {
  const [, command, date] = /^Written by `([^`]+)` on ([\d-]+)/m.exec(text ?? '') ?? [];
  const link = `[${name}](${name})`;
  if (command === undefined || date === undefined) return [link, 'not run'];
  return [`\`${command}\`: ${link}`, `${hasFailed(text) ? '**failed**' : 'passed'} (${date})`];
}

/** As test/chaos/report.ts says it. */
function hasFailed(text: string | undefined): boolean {
  return text?.includes('The run failed:') === true;
}
