import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';

export interface RunOptions {
  readonly cwd?: string;
  /** Added to the process's own environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
  /** The output is also appended here, for a person to read after a failure. */
  readonly logFile?: string | undefined;
  /** Output goes to the terminal instead of into the result: all of it, or what is on standard error alone. */
  readonly show?: boolean | 'stderr';
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  /** Exit codes that are answers, not failures. */
  readonly accept?: readonly number[];
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const SHOWN_LINES = 25;

export class CommandError extends Error {
  readonly code = 'CommandFailed';
  readonly result: RunResult;

  constructor(command: string, result: RunResult, logFile: string | undefined) {
    const shown = `${result.stdout}\n${result.stderr}`.trimEnd().split('\n').slice(-SHOWN_LINES).join('\n  ');
    const where = logFile === undefined ? '' : `\nAll of its output is in ${logFile}`;
    super(`${command} ended with ${String(result.code)}:\n  ${shown}${where}`);
    this.name = 'CommandError';
    this.result = result;
  }
}

/**
 * Runs a program to its end.
 * @throws CommandError when it ends with a code other than 0 that `accept` does not name
 */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { signal, timeoutMs } = options;
  const limits = [signal, timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)];
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', options.show === true ? 2 : 'pipe', (options.show ?? false) === false ? 'pipe' : 2],
    signal: AbortSignal.any(limits.filter((each) => each !== undefined)),
  });
  const printed = { stdout: '', stderr: '' };
  const collect = (name: 'stdout' | 'stderr') => (chunk: string) => {
    printed[name] += chunk;
    if (options.logFile !== undefined) appendFileSync(options.logFile, chunk);
  };
  child.stdout?.setEncoding('utf8').on('data', collect('stdout'));
  child.stderr?.setEncoding('utf8').on('data', collect('stderr'));
  // A program that ends without reading its input is judged by its exit code, not by this pipe.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.stdin ?? '');
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit, killedBy) => resolve(exit ?? (killedBy === null ? 1 : 128)));
  });
  const result = { code, ...printed };
  if (code !== 0 && options.accept?.includes(code) !== true) {
    throw new CommandError([command, ...args].join(' ').slice(0, 200), result, options.logFile);
  }
  return result;
}

/** The first line of what a program prints, without its newline. */
export async function output(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  return (await run(command, args, options)).stdout.trim();
}
