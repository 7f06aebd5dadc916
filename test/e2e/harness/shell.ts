/** Programs of the test ground (kubectl, helm, docker), run without a shell, each with a deadline. */
import { spawn } from 'node:child_process';

export interface RunOptions {
  readonly timeoutMs: number;
  /** Written to the program's standard input, which is closed afterwards. */
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

export class CommandError extends Error {
  readonly code: 'Exit' | 'Timeout' | 'Spawn';
  readonly retryable = true;
  readonly stdout: string;
  readonly stderr: string;

  constructor(code: CommandError['code'], command: string, stdout: string, stderr: string, cause?: unknown) {
    super(`${command}: ${code}\n${(stderr || stdout).slice(-4000)}`, { cause });
    this.name = 'CommandError';
    this.code = code;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

/**
 * Runs a program to its end and returns its standard output.
 * @throws CommandError when it cannot start, exits with another code than 0 or outlives the deadline.
 */
export function run(program: string, args: readonly string[], options: RunOptions): Promise<string> {
  const command = [program, ...args].join(' ').slice(0, 300);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...options.env },
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.on('error', () => undefined); // the program may end before it has read everything
    child.stdin.end(options.input);
    child.once('error', (cause) => {
      reject(new CommandError('Spawn', command, text(out), text(err), cause));
    });
    child.once('close', (code, signal) => {
      if (code === 0) resolve(text(out));
      else reject(new CommandError(signal === null ? 'Exit' : 'Timeout', command, text(out), text(err)));
    });
  });
}

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8');
}

export interface LineProcess {
  /** Sends one line to the program. */
  write(line: string): void;
  /** Ends the program's standard input. */
  end(): void;
  /** Settles when the program has ended; never rejects. `stderr` holds the last lines it wrote there. */
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
  kill(): void;
}

/** Starts a program whose standard output is a stream of lines. */
export function startLines(
  program: string,
  args: readonly string[],
  onLine: (line: string) => void,
): LineProcess {
  const child = spawn(program, args, { env: process.env });
  let rest = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(line);
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = (stderr + chunk).slice(-4000);
  });
  child.stdin.on('error', () => undefined);
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve) => {
    child.once('error', (error) => {
      resolve({ code: null, stderr: error.message });
    });
    child.once('close', (code) => {
      resolve({ code, stderr });
    });
  });
  return {
    write: (line) => child.stdin.write(`${line}\n`),
    end: () => child.stdin.end(),
    ended,
    kill: () => child.kill('SIGKILL'),
  };
}

/** The test ground puts its own kubectl, helm and docker first on the PATH. */
export const kubectl = (args: readonly string[], options: RunOptions): Promise<string> =>
  run('kubectl', args, options);
