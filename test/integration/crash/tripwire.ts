/** Counts what the operator asks of the world, and cuts it off at the call that a test has chosen. */
import type { Fate } from '../../fakes/mod.ts';

/**
 * - `BeforeServed`: the call never arrives.
 * - `AfterServed`: it is carried out, and the operator never hears of it.
 */
export type Moment = 'BeforeServed' | 'AfterServed';

export class Tripwire {
  /** Every call since `arm`, in words. */
  #calls: string[] = [];
  #at: { readonly call: number; readonly moment: Moment } | undefined;
  #cut = false;
  #trip: () => void = () => undefined;

  get calls(): readonly string[] {
    return this.#calls;
  }

  /** Whether the operator is cut off. */
  get isCut(): boolean {
    return this.#cut;
  }

  /**
   * Counts from 1.
   *
   * @param call never reached when infinite: then it only counts
   * @returns when the operator is cut off
   */
  arm(call: number, moment: Moment): Promise<void> {
    this.#calls = [];
    this.#at = { call, moment };
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#trip = resolve;
    return promise;
  }

  /** What becomes of this call. After the cut nothing gets through any more. */
  pass(what: string): Fate {
    if (this.#cut) return 'Drop';
    this.#calls.push(what);
    if (this.#at?.call !== this.#calls.length) return 'Serve';
    this.#cut = true;
    // The others that are under way are served, and never answered either.
    if (this.#at.moment === 'BeforeServed') this.#trip();
    return this.#at.moment === 'BeforeServed' ? 'Drop' : 'Mute';
  }

  /** A muted call has been carried out. */
  served(): void {
    this.#trip();
  }

  /** Cuts without a call: whatever comes now is dropped. */
  cut(): void {
    this.#cut = true;
  }

  /** For the next operator. */
  mend(): void {
    this.#at = undefined;
    this.#cut = false;
  }
}
