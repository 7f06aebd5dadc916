import { setTimeout as sleepFor } from 'node:timers/promises';

/** Time as a dependency, so that tests own it. */
export interface Clock {
  /** Epoch milliseconds; may jump. For stamps only. */
  now(): number;
  /** Never goes back. For every measured duration and deadline. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted, at once. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Runs `callback` once after `ms`; the returned function cancels. Does not keep the process alive. */
  setTimeout(callback: () => void, ms: number): () => void;
}

/** Node runs longer timers at once. Whoever waits longer must look at the time when woken. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await sleepFor(Math.min(ms, MAX_TIMER_MS), undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      // Node wraps the reason in an AbortError; callers compare with the signal's own.
      throw signal?.aborted === true ? signal.reason : error;
    }
  },
  setTimeout: (callback, ms) => {
    const timer = setTimeout(callback, Math.min(ms, MAX_TIMER_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Sleeps for a loop that looks at its signal itself: an abort ends the pause, and is no error. */
export async function pause(clock: Pick<Clock, 'sleep'>, ms: number, signal: AbortSignal): Promise<void> {
  await clock.sleep(ms, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/** The cancel function of a timer that was never set. */
export const noTimer = (): void => undefined;

/** A number in [0, 1), like Math.random; passed in so that jitter is repeatable in tests. */
export type Random = () => number;
