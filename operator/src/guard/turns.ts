/** Whether the guard still guards, for the kubelet: it restarts one that does not. */
import type { Clock } from '../kube/mod.ts';
import type { Health } from '../http-server.ts';

export const healthPath = '/healthz';

export type Loop = 'look' | 'ask';
const loops: readonly Loop[] = ['look', 'ask'];

/** Longer than a turn of either loop takes with every call at its time-out, on a starved machine too. */
export const turnAtMostMs = 30_000;

export class Turns {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #turnedAtMs: Map<Loop, number>;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
    this.#turnedAtMs = new Map(loops.map((loop) => [loop, clock.monotonicMs()]));
  }

  turned(loop: Loop): void {
    this.#turnedAtMs.set(loop, this.#clock.monotonicMs());
  }

  health(): Health {
    const nowMs = this.#clock.monotonicMs();
    const [late] = [...this.#turnedAtMs].filter(([, atMs]) => nowMs - atMs > turnAtMostMs);
    if (late === undefined) return { healthy: true };
    const [loop, atMs] = late;
    return { healthy: false, problem: `the last ${loop} began ${Math.round((nowMs - atMs) / 1_000)} s ago` };
  }
}
