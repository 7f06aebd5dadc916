import type { Clock } from '../kube/mod.ts';
import type { InFlight } from './in-flight.ts';

/** They are asked once a minute; what is older than two turns is not known any more. */
const MAX_AGE_MS = 150_000;

/** How many messages groups hold, as their brokers said last: for whoever decides by it. */
export class InFlightBoard {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #heard = new Map<string, { readonly atMs: number; readonly inFlight: InFlight }>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  heard(cluster: string, inFlight: InFlight): void {
    this.#heard.set(cluster, { atMs: this.#clock.monotonicMs(), inFlight });
  }

  forget(cluster: string): void {
    this.#heard.delete(cluster);
  }

  /** @param cluster `namespace/name` @returns messages; undefined: unknown */
  of(cluster: string, group: string): number | undefined {
    const last = this.#heard.get(cluster);
    if (last === undefined || this.#clock.monotonicMs() - last.atMs > MAX_AGE_MS) return undefined;
    return last.inFlight.kind === 'Known' ? last.inFlight.counts.get(group) : undefined;
  }
}
