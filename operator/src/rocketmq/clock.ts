/** Time as this folder needs it, so that tests own it. */
export interface Clock {
  /** Epoch milliseconds, for stamps only. */
  now(): number;
  /** Never goes back; for deadlines and durations. */
  monotonicMs(): number;
  /** Runs `callback` once after `ms`; the returned function cancels. */
  setTimeout(callback: () => void, ms: number): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimeout: (callback, ms) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
