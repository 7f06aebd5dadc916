/** The simulator's command. `--help` prints what it does. */
import { writeFileSync } from 'node:fs';
import { budgets } from './budgets.ts';
import { chosen, studyCells, type Comparison } from './compare.ts';
import { ours } from './contestants.ts';
import { timeDecisions } from './decide-time.ts';
import { compareAll } from './jobs.ts';
import { readOptions, USAGE, type SimOptions } from './options.ts';
import { renderCells, renderComparison, renderReport, renderStudy, type GantryCell } from './report.ts';
import { runSeeds } from './run.ts';

const REPORT = new URL('../../docs/reports/scaling-from-lag.md', import.meta.url);

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const print = (text: string): void => void process.stdout.write(text);

async function main(options: SimOptions): Promise<void> {
  const isJson = options.output === 'json';
  switch (options.command) {
    case 'study': {
      const cells = studyCells(options.workloads, options.modes, options.seeds, say);
      print(isJson ? `${JSON.stringify(cells)}\n` : renderStudy(cells));
      return;
    }
    case 'compare': {
      const compared = await compareModes(options);
      print(isJson ? `${JSON.stringify(compared)}\n` : compared.map(renderComparison).join('\n'));
      return;
    }
    case 'cells': {
      const cells = gantryCells(options);
      print(isJson ? `${JSON.stringify(cells)}\n` : renderCells(cells));
      return;
    }
    case 'budgets': {
      print(`${JSON.stringify(budgets(), undefined, 2)}\n`);
      return;
    }
    case 'report': {
      const compared = compareModes(options);
      const study = studyCells(options.workloads, options.modes, options.seeds, say);
      const cells = gantryCells(options);
      writeFileSync(
        REPORT,
        renderReport({ study, cells, compared: await compared, decideMs: timeDecisions() }),
      );
      say(`${REPORT.pathname} is written`);
      return;
    }
    default:
      options.command satisfies never;
  }
}

async function compareModes({ modes, seeds, heldOut }: SimOptions): Promise<readonly Comparison[]> {
  const jobs = modes.flatMap((mode) => [seeds, heldOut].map((own) => ({ mode, seeds: own })));
  const compared = await compareAll(jobs, say);
  if (compared.some(({ passes }) => !passes)) process.exitCode = 1;
  return compared;
}

function gantryCells({ modes, workloads, seeds }: SimOptions): readonly GantryCell[] {
  return modes.flatMap((mode) =>
    chosen(workloads).map((workload) => {
      say(`${mode} ${workload.name}`);
      return { mode, workload: workload.name, outcome: runSeeds(ours, workload, mode, seeds) };
    }),
  );
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') print(USAGE);
  else await main(options);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
