import { parentPort, workerData } from 'node:worker_threads';
import * as z from 'zod';
import { compare } from './compare.ts';
import type { Message } from './jobs.ts';

const { mode, seeds } = z
  .object({ mode: z.enum(['queue', 'pop']), seeds: z.array(z.int()) })
  .parse(workerData);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread of Node has no origin
const tell = (message: Message): void => parentPort?.postMessage(message);

const comparison = compare(mode, seeds, (text) =>
  tell({ kind: 'Progress', text: `seeds from ${seeds[0]}: ${text}` }),
);
tell({ kind: 'Done', comparison });
