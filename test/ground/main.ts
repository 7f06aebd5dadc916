import { parseCommand, type Command } from './arguments.ts';
import { bench } from './commands/bench.ts';
import { chaos } from './commands/chaos.ts';
import { groundDown, groundLoad, groundUp, Refusal, type Ground } from './commands/ground.ts';
import { groundStatus, printGround, printSystem, systemStatus } from './commands/show.ts';
import { start } from './commands/start.ts';
import { test } from './commands/test.ts';
import { createContext, type Context } from './context.ts';
import { MAIN_CLUSTER } from './kind.ts';
import { createProgress } from './progress.ts';

/** Progress goes to standard error, so that standard output is the answer alone. */
const answer = (text: string): void => void process.stdout.write(text);

async function execute(command: Command, context: Context): Promise<number> {
  switch (command.kind) {
    case 'help':
      answer(command.text);
      break;
    case 'refused':
      process.stderr.write(command.text);
      return 2;
    case 'start':
      answer(await start(context));
      break;
    case 'stop':
      await groundDown(context, MAIN_CLUSTER);
      break;
    case 'status': {
      const status = await systemStatus(context, MAIN_CLUSTER);
      answer(command.json ? `${JSON.stringify(status, undefined, 2)}\n` : printSystem(status));
      break;
    }
    case 'ground':
      await ground(command, context);
      break;
    case 'test':
      return test(context, command);
    case 'bench':
      return bench(context, command);
    case 'chaos':
      return chaos(context, command);
  }
  return 0;
}

async function ground(command: Command & { kind: 'ground' }, context: Context): Promise<void> {
  const { action, cluster, upgrades } = command;
  switch (action) {
    case 'up':
      answer(describe(await groundUp(context, cluster, { upgrades })));
      break;
    case 'load':
      await groundLoad(context, cluster, upgrades);
      break;
    case 'down':
      await groundDown(context, cluster);
      break;
    case 'status': {
      const status = await groundStatus(context, cluster);
      answer(command.json ? `${JSON.stringify(status, undefined, 2)}\n` : printGround(status));
      break;
    }
  }
}

function describe({ kubeconfig, tools }: Ground): string {
  return `export KUBECONFIG=${kubeconfig}\n${tools === undefined ? '' : `export PATH=${tools}:$PATH\n`}`;
}

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () =>
    stopping.abort(new Refusal(`stopped by ${signal}; the same command goes on from here`)),
  );
}
const progress = createProgress((line) => void process.stderr.write(line));
try {
  process.exitCode = await execute(
    parseCommand(process.argv.slice(2)),
    createContext(progress, stopping.signal),
  );
} catch (error) {
  const reason: unknown = stopping.signal.aborted ? stopping.signal.reason : error;
  const text =
    reason instanceof Refusal
      ? reason.message
      : reason instanceof Error
        ? (reason.stack ?? reason.message)
        : String(reason);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}
