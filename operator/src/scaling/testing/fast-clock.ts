import { systemClock, type Clock } from '../../kube/mod.ts';

/** Time that passes so many times faster than it does. */
export function fastClock(factor: number): Clock {
  const beganMs = performance.now();
  const elapsedMs = (): number => (performance.now() - beganMs) * factor;
  const epochMs = Date.now();
  return {
    now: () => Math.round(epochMs + elapsedMs()),
    monotonicMs: elapsedMs,
    sleep: (ms, signal) => systemClock.sleep(ms / factor, signal),
    setTimeout: (callback, ms) => systemClock.setTimeout(callback, ms / factor),
  };
}
