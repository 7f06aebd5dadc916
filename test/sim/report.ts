import { markdownTable } from '../markdown.ts';
import type { Comparison, Ranked, StudyCell } from './compare.ts';
import { ratiosOf } from './compare.ts';
import type { DecideTime } from './decide-time.ts';
import { studied } from './study.ts';
import type { Mode, Outcome } from './world.ts';

const percent = (part: number): string => `${(100 * part).toFixed(2)} %`;

/** `1.15% · 9.4 · 18`, as the study has it. */
function cell({ late, replicaHours, events }: Outcome): string {
  return `${(100 * late).toFixed(2)}% · ${replicaHours.toFixed(1)} · ${Math.round(events)}`;
}

export interface GantryCell {
  readonly mode: Mode;
  readonly workload: string;
  readonly outcome: Outcome;
}

export function renderCells(cells: readonly GantryCell[]): string {
  const workloads = [...new Set(cells.map(({ workload }) => workload))];
  const modes = [...new Set(cells.map(({ mode }) => mode))];
  const rows = workloads.map((workload) => {
    const own = cells.filter((each) => each.workload === workload);
    const ideal = own[0]?.outcome.idealHours.toFixed(1) ?? '';
    return [workload, ideal, ...own.map(({ outcome }) => cell(outcome))];
  });
  return `${markdownTable(['workload', 'ideal hours', ...modes], rows).join('\n')}\n`;
}

export interface WholeReport {
  readonly study: readonly StudyCell[];
  readonly cells: readonly GantryCell[];
  readonly compared: readonly Comparison[];
  readonly decideMs: DecideTime;
}

export function renderReport({ study, cells, compared, decideMs }: WholeReport): string {
  const day = new Date().toISOString().slice(0, 10);
  return `# Scaling from lag, simulated

Written by \`npm run sim -- report\` on ${day}. A cell is the part of the messages that waited for longer than the SLO of 30 s, the
replica-hours, and how often the replicas were changed; means over seeds. What is simulated, and how far it may be believed:
[decision 18](../decisions/0018-scaling-from-lag.md).

## Gantry beside the best of KEDA

Settings of KEDA, each the same for all eight workloads in which the SLO can be met, with a scaler for RocketMQ that KEDA does
not have. The best is the cheapest of those that are at most one percent of the messages later than the least late of them.
\`late ×\` is Gantry's lateness as a part of that row's, and so on. The bars are 1, 1.15 and 0.2.

${compared.map(renderComparison).join('\n')}
## Gantry, each workload

${renderCells(cells)}
## How long a decision takes

For ${decideMs.queues} queues and ${decideMs.pods} pods: median ${decideMs.median.toFixed(2)} ms, 95 % within ${decideMs.p95.toFixed(2)} ms, of ${decideMs.count}, on the machine that wrote this.

## KEDA, beside the study

What is more than 10 % from the study is bold.

${renderStudy(study)}`;
}

export function renderStudy(cells: readonly StudyCell[]): string {
  const within = (figure: keyof StudyCell['isWithin']) =>
    cells.filter(({ isWithin }) => isWithin[figure]).length;
  const lines: string[] = [
    `Within 10 % of the study: replica-hours ${within('replicaHours')}, late ${within('late')}, events ${within('events')} of ${cells.length} cells.`,
  ];
  for (const mode of new Set(cells.map((each) => each.mode))) {
    const own = cells.filter((each) => each.mode === mode);
    const rows = [...new Set(own.map(({ workload }) => workload))].map((workload) => [
      workload,
      ...own.filter((each) => each.workload === workload).map(studyCell),
    ]);
    lines.push('', `${mode}: here / the study`, '', ...markdownTable(['workload', ...studied], rows));
  }
  return `${lines.join('\n')}\n`;
}

const pair = (here: string, there: number, near: boolean): string =>
  near ? `${here} / ${there}` : `**${here}** / ${there}`;

/** What is not within a tenth is bold. */
function studyCell({ measured, studied: [late, hours, events], isWithin }: StudyCell): string {
  return [
    pair((100 * measured.late).toFixed(2), late, isWithin.late),
    pair(measured.replicaHours.toFixed(1), hours, isWithin.replicaHours),
    pair(measured.events.toFixed(0), events, isWithin.events),
  ].join(' · ');
}

const ratio = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : '∞');

export function renderComparison({ mode, seeds, ours, sweep, best, ratios, passes }: Comparison): string {
  const shown = [ours, ...sweep.toSorted((a, b) => a.total.late - b.total.late)];
  const head = [
    '',
    'late',
    's over SLO',
    'replica-hours',
    'events',
    'queues moved',
    'late ×',
    'hours ×',
    'events ×',
  ];
  const row = ({ name, total }: Ranked): readonly string[] => {
    const against = ratiosOf(ours.total, total);
    return [
      name === best.name ? `**${name}**` : name,
      percent(total.late),
      total.secondsOverSlo.toFixed(0),
      total.replicaHours.toFixed(1),
      total.events.toFixed(0),
      total.movedQueues.toFixed(0),
      ...(name === ours.name
        ? ['', '', '']
        : [ratio(against.late), ratio(against.replicaHours), ratio(against.events)]),
    ];
  };
  return [
    `${mode}, seeds ${seeds[0]} to ${seeds.at(-1)}: against ${best.name}, late ${ratio(ratios.late)}×, replica-hours ${ratio(ratios.replicaHours)}×, events ${ratio(ratios.events)}×: ${passes ? 'within the bar' : 'NOT within the bar'}`,
    '',
    ...markdownTable(head, shown.map(row)),
    '',
  ].join('\n');
}
