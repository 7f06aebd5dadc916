/** Whether the guard still guards, for the kubelet: it restarts one that does not. */
import { createServer, type Server } from 'node:http';
import type { Clock } from '../kube/mod.ts';

export const healthPath = '/healthz';

export type Loop = 'look' | 'ask';
const loops: readonly Loop[] = ['look', 'ask'];

/** Longer than a turn of either loop takes with every call at its time-out, on a starved machine too. */
export const turnAtMostMs = 30_000;

export class Health {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #turnedAtMs: Map<Loop, number>;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
    this.#turnedAtMs = new Map(loops.map((loop) => [loop, clock.monotonicMs()]));
  }

  turned(loop: Loop): void {
    this.#turnedAtMs.set(loop, this.#clock.monotonicMs());
  }

  /** In one sentence; undefined: there is none. */
  problem(): string | undefined {
    const nowMs = this.#clock.monotonicMs();
    const [late] = [...this.#turnedAtMs].filter(([, atMs]) => nowMs - atMs > turnAtMostMs);
    if (late === undefined) return undefined;
    const [loop, atMs] = late;
    return `the last ${loop} began ${Math.round((nowMs - atMs) / 1_000)} s ago`;
  }
}

/** @throws the listen error, for example when the port is taken */
export async function serveHealth(port: number, health: Pick<Health, 'problem'>): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url !== healthPath) {
      response.writeHead(404).end(`try ${healthPath}\n`);
      return;
    }
    const problem = health.problem();
    response.writeHead(problem === undefined ? 200 : 503).end(`${problem ?? 'ok'}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, resolve);
  });
  return server;
}
