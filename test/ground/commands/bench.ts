import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { run } from '../run.ts';
import { Refusal } from './ground.ts';

/** Runs every benchmark of test/bench, one after the other: they measure time, so nothing may run beside them. */
export async function bench(context: Context): Promise<void> {
  const folder = join(context.repository, 'test', 'bench');
  const files = (await readdir(folder).catch(() => []))
    .filter((name) => name.endsWith('.bench.ts'))
    .toSorted();
  if (files.length === 0) throw new Refusal('There is no benchmark in test/bench.');
  for (const file of files) {
    await context.progress.step(file, async () => {
      const { stdout } = await run(process.execPath, [join(folder, file)], {
        cwd: context.repository,
        signal: context.signal,
      });
      process.stdout.write(stdout);
    });
  }
}
