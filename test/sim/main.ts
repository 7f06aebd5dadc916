/** The simulator's command. `--help` prints what it does. */
import { budgets } from './budgets.ts';
import { chosen, compare, studyCells } from './compare.ts';
import { ours } from './contestants.ts';
import { readOptions, USAGE, type SimOptions } from './options.ts';
import { cell, renderComparison, renderStudy } from './report.ts';
import { runSeeds } from './run.ts';

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const print = (text: string): void => void process.stdout.write(text);

function main(options: SimOptions): void {
  const { command, modes, seeds, heldOut } = options;
  const isJson = options.output === 'json';
  switch (command) {
    case 'study': {
      const cells = studyCells(options.workloads, modes, seeds, say);
      print(isJson ? `${JSON.stringify(cells)}\n` : renderStudy(cells));
      return;
    }
    case 'compare': {
      const compared = modes.flatMap((mode) => [seeds, heldOut].map((own) => compare(mode, own, say)));
      print(isJson ? `${JSON.stringify(compared)}\n` : compared.map(renderComparison).join('\n'));
      if (compared.some(({ passes }) => !passes)) process.exitCode = 1;
      return;
    }
    case 'cells': {
      const cells = modes.flatMap((mode) =>
        chosen(options.workloads).map((workload) => {
          say(`${mode} ${workload.name}`);
          return { mode, workload: workload.name, outcome: runSeeds(ours, workload, mode, seeds) };
        }),
      );
      const lines = cells.map((each) => `${each.mode.padEnd(6)} ${each.workload.padEnd(11)} ${cell(each.outcome)}\n`);
      print(isJson ? `${JSON.stringify(cells)}\n` : lines.join(''));
      return;
    }
    case 'budgets': {
      print(`${JSON.stringify(budgets(), undefined, 2)}\n`);
      return;
    }
    default:
      command satisfies never;
  }
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') print(USAGE);
  else main(options);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
