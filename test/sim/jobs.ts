/** Comparisons are long and independent: each runs in a thread of its own. */
import { Worker } from 'node:worker_threads';
import type { Comparison, Progress } from './compare.ts';
import type { Mode } from './world.ts';

export interface Job {
  readonly mode: Mode;
  readonly seeds: readonly number[];
}

export type Message =
  | { readonly kind: 'Progress'; readonly text: string }
  | { readonly kind: 'Done'; readonly comparison: Comparison };

/** @throws what a thread throws */
export async function compareAll(jobs: readonly Job[], progress: Progress): Promise<readonly Comparison[]> {
  return Promise.all(jobs.map((job) => compareInThread(job, progress)));
}

async function compareInThread(job: Job, progress: Progress): Promise<Comparison> {
  const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: job });
  return new Promise<Comparison>((resolve, reject) => {
    worker.on('message', (message: Message) => {
      if (message.kind === 'Done') resolve(message.comparison);
      else progress(message.text);
    });
    worker.on('error', reject);
  });
}
