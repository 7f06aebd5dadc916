/** What every benchmark has around what it measures. */
import { KubeConfig } from '@kubernetes/client-node';
import { KubeClient } from '../../operator/src/kube/mod.ts';
import { renderJson, renderTable, type Report } from './figures.ts';

/** Runs `undo` steps in reverse order, whatever happened before. */
export class Cleanup {
  readonly #steps: (() => Promise<void>)[] = [];
  add(step: () => Promise<void>): void {
    this.#steps.unshift(step);
  }
  async run(): Promise<void> {
    for (const step of this.#steps.splice(0)) await step();
  }
}

export const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** The API server of KUBECONFIG. */
export function connect(cleanup: Cleanup, fieldManager: string): KubeClient {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  const client = new KubeClient({ kubeConfig, fieldManager });
  cleanup.add(async () => client.close());
  return client;
}

/** Measures, prints the report on standard output, and cleans up; a failure is the process's exit code. */
export async function runBenchmark(
  bench: (cleanup: Cleanup) => Promise<{ readonly report: Report; readonly output: 'table' | 'json' }>,
): Promise<void> {
  const cleanup = new Cleanup();
  try {
    const { report, output } = await bench(cleanup);
    process.stdout.write(output === 'json' ? renderJson(report) : renderTable(report));
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  } finally {
    await cleanup.run();
  }
}
