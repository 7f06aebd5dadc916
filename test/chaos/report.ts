/** What a run came to, as a report for people and as an exit code. Pure. */
import { PER_SECOND } from '../traffic/cluster.ts';
import { spreadOf } from '../bench/figures.ts';
import { findings, isClean, type Finding, type GroupVerdict } from '../traffic/record/check.ts';
import type { Gap } from '../e2e/harness/record/gaps.ts';
import { markdownTable } from '../markdown.ts';
import type { Outage } from '../traffic/record/outage.ts';
import type { Proof } from '../traffic/record/plant.ts';

/** All times are epoch milliseconds. */
export interface StepResult {
  readonly number: number;
  /** `Kill BrokerMaster`, or two of them. */
  readonly kinds: readonly string[];
  /** The same with whom it hit. */
  readonly labels: readonly string[];
  readonly belowPromise: boolean;
  readonly beganAt: number;
  readonly endedAt: number;
  readonly recoveredAt: number;
}

export interface JudgedStep extends StepResult {
  /** By group; undefined where nothing was acknowledged afterwards. */
  readonly outages: Readonly<Record<string, Outage | undefined>>;
}

export interface JudgedGroup extends GroupVerdict {
  readonly largestGap: Gap | undefined;
}

export interface ChaosReport {
  readonly seed: number;
  readonly minutes: number;
  readonly date: string;
  readonly perSecond: number;
  /** How long messages were sent. */
  readonly trafficMs: number;
  readonly steps: readonly JudgedStep[];
  /** Empty when the record could not be had: then nothing is proved. */
  readonly groups: readonly JudgedGroup[];
  readonly proofs: readonly Proof[];
  /** Why the run ended before its time. */
  readonly failure?: string;
}

/** What is wrong, each in a sentence; nothing when the run has shown what it is to show. */
export function problemsOf(report: ChaosReport): readonly string[] {
  const { failure, groups, proofs } = report;
  return [
    ...(failure === undefined ? [] : [failure]),
    ...(groups.length === 0 || groups.some(({ acknowledged }) => acknowledged === 0)
      ? ['not every group was judged by messages that it acknowledged']
      : []),
    ...groups.filter((group) => !isClean(group)).map((group) => sentenceOf(group)),
    ...(groups.length > 0 && proofs.length === 0 ? ['the checker was not proved'] : []),
    ...proofs
      .filter(({ found }) => !found)
      .map(({ planted }) => `the checker does not find ${planted}, or more than that`),
  ];
}

function sentenceOf({ group, counts, examples }: GroupVerdict): string {
  const bad = findings.filter((finding) => counts[finding] > 0);
  const parts = bad.map(
    (finding) => `${String(counts[finding])} ${finding} (${(examples[finding] ?? []).join(', ')})`,
  );
  return `${group}: ${parts.join('; ')}`;
}

const MEANINGS: Readonly<Record<Finding | 'repeated', string>> = {
  lost: 'acknowledged, and lost',
  beyond: 'duplicates beyond at-least-once',
  disordered: 'out of order within a queue',
  invented: 'there without having been sent',
  undelivered: 'stored, and never delivered',
  withdrawn: 'delivered, and taken back',
  repeated: 'repeated because an answer was lost',
};

export function renderMarkdown(report: ChaosReport): string {
  const { seed, minutes, perSecond, date } = report;
  const problems = problemsOf(report);
  const rate = perSecond === PER_SECOND ? '' : ` --rate ${String(perSecond)}`;
  const command = `npm run test:chaos -- --minutes ${String(minutes)} --seed ${String(seed)}${rate}`;
  return [
    '# Chaos',
    '',
    `Written by \`${command}\` on ${date}. Times are wall time on the machine that ran it.`,
    '',
    problems.length === 0
      ? 'Nothing that was acknowledged was lost, and the cluster recovered from every fault.'
      : ['The run failed:', '', ...problems.map((problem) => `- ${oneLine(problem)}`)].join('\n'),
    '',
    ...messagesTable(report),
    '',
    '## Faults',
    '',
    'First write: from the beginning of a fault to the end of the longest silence; of the group that it hit hardest.',
    'Ready: from the end of the fault until the cluster was Ready with every member in sync, and stayed so.',
    '',
    ...faultsTable(report.steps),
    '',
    '## One after the other',
    '',
    ...stepsTable(report),
    '',
    '## The checker, proved on this record',
    '',
    ...markdownTable(
      ['planted', 'found, and nothing else'],
      report.proofs.map(({ planted, found }) => [planted, found ? 'yes' : 'NO']),
    ),
    '',
  ].join('\n');
}

function messagesTable({ groups, trafficMs, perSecond }: ChaosReport): readonly string[] {
  const rate = (count: number): string => (count / (trafficMs / 1_000)).toFixed(0);
  const row = (what: string, of: (group: JudgedGroup) => string): readonly string[] => [
    what,
    ...groups.map(of),
  ];
  const all = groups.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  return [
    `Sent for ${minutesOf(trafficMs)}, at ${rate(all)} acknowledged messages a second of ${String(perSecond)} wanted.`,
    '',
    ...markdownTable(
      ['messages', ...groups.map(({ group }) => group)],
      [
        row('sends, the repeated ones included', ({ sends }) => String(sends)),
        row('acknowledged', ({ acknowledged }) => String(acknowledged)),
        row('delivered through the proxies', ({ delivered }) => String(delivered)),
        ...[...findings, 'repeated' as const].map((finding) =>
          row(MEANINGS[finding], ({ counts }) => String(counts[finding])),
        ),
        row('largest gap between acknowledgements', ({ largestGap }) => seconds(largestGap?.lengthMs)),
      ],
    ),
  ];
}

/** Single faults by their kind; pairs and what goes below the promise under headings of their own. */
function faultsTable(steps: readonly JudgedStep[]): readonly string[] {
  const headings = new Map<string, JudgedStep[]>();
  for (const step of steps) {
    const kind =
      step.kinds.length === 1
        ? (step.kinds[0] ?? '')
        : `two at once${step.belowPromise ? ', below the promise' : ''}`;
    headings.set(kind, [...(headings.get(kind) ?? []), step]);
  }
  const rows = [...headings]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, those]) => [
      kind,
      String(those.length),
      ...spread(those.map((step) => firstWriteMs(step))),
      ...spread(those.map(({ recoveredAt, endedAt }) => recoveredAt - endedAt)),
    ]);
  const all = steps.length === 0 ? [] : [['all', ...allOf(steps)]];
  return markdownTable(
    ['fault', 'times', 'first write, median', 'maximum', 'Ready, median', 'maximum'],
    [...rows, ...all],
  );
}

function allOf(steps: readonly JudgedStep[]): readonly string[] {
  return [
    String(steps.length),
    ...spread(steps.map((step) => firstWriteMs(step))),
    ...spread(steps.map(({ recoveredAt, endedAt }) => recoveredAt - endedAt)),
  ];
}

function stepsTable({ steps, groups }: ChaosReport): readonly string[] {
  const first = steps[0]?.beganAt ?? 0;
  const hasLost = groups.some(({ lostAt }) => lostAt.length > 0);
  const head = ['', 'after', 'fault', 'held', 'longest silence, by group', 'first write, by group', 'Ready'];
  return markdownTable(
    hasLost ? [...head, 'lost, by group'] : head,
    steps.map((step, index) => [
      String(step.number),
      seconds(step.beganAt - first),
      `${step.labels.join(' and ')}${step.belowPromise ? ' †' : ''}`,
      seconds(step.endedAt - step.beganAt),
      ...(['silenceMs', 'firstWriteMs'] as const).map((time) =>
        Object.values(step.outages)
          .map((outage) => seconds(outage?.[time]))
          .join(', '),
      ),
      seconds(step.recoveredAt - step.endedAt),
      ...(hasLost ? [lostBetween(groups, step.beganAt, steps[index + 1]?.beganAt)] : []),
    ]),
  ).concat(
    steps.some(({ belowPromise }) => belowPromise)
      ? [
          '',
          '† may leave a group fewer members than it needs to accept sends: none may be lost all the same.',
        ]
      : [],
  );
}

/** Of those that were acknowledged from the beginning of a fault to that of the next. */
function lostBetween(groups: readonly JudgedGroup[], from: number, to = Number.POSITIVE_INFINITY): string {
  return groups.map(({ lostAt }) => String(lostAt.filter((at) => at >= from && at < to).length)).join(', ');
}

/** Of the group that was hit hardest; undefined when one never wrote again. */
function firstWriteMs({ outages }: JudgedStep): number | undefined {
  const times = Object.values(outages).map((outage) => outage?.firstWriteMs);
  return times.includes(undefined) ? undefined : Math.max(0, ...times.filter((time) => time !== undefined));
}

function spread(values: readonly (number | undefined)[]): readonly [string, string] {
  const known = values.filter((value) => value !== undefined);
  if (known.length < values.length || known.length === 0) return ['unknown', 'unknown'];
  const { median, max } = spreadOf({ name: 'times', unit: 'ms', values: known });
  return [seconds(median), seconds(max)];
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? 'unknown' : `${(ms / 1_000).toFixed(1)} s`;
}

function minutesOf(ms: number): string {
  return `${(ms / 60_000).toFixed(1)} minutes`;
}

/** A diagnosis has many lines; its first is the sentence. */
function oneLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
