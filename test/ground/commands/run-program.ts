import { join } from 'node:path';
import type { Context } from '../context.ts';
import { run } from '../run.ts';
import type { Ground } from './ground.ts';

/** Runs a program of the tests on the ground, shows its progress, and prints its report. Returns its exit code: 0 or 1. */
export async function runProgram(
  context: Context,
  ground: Ground,
  file: string,
  parameters: readonly string[],
): Promise<number> {
  const { code, stdout } = await run(process.execPath, [join(context.repository, file), ...parameters], {
    cwd: context.repository,
    env: ground.env,
    signal: context.signal,
    show: 'stderr',
    accept: [1],
  });
  process.stdout.write(stdout);
  return code;
}
