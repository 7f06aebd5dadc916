import { noTimer, type Clock } from './clock.ts';
import { KubeError } from './errors.ts';

/** One call's own abort signal: fires at the deadline or with the caller's signal, whichever comes first. */
export interface Deadline {
  readonly signal: AbortSignal;
  remainingMs(): number;
  /** Moves the deadline to `ms` from now. */
  extend(ms: number): void;
  abort(reason: unknown): void;
  /** Must be called when the work is over: drops the timer and the listener on the caller's signal. */
  dispose(): void;
}

/**
 * AbortSignal.any and AbortSignal.timeout are not used: the first keeps dependents alive as long as a
 * long-lived parent lives, the second cannot be driven by a test clock.
 * @param what named in the Timeout error
 */
export function startDeadline(clock: Clock, ms: number, what: string, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  let endsAt = clock.monotonicMs() + ms;
  let cancelTimer = noTimer;
  const arm = (delayMs: number): void => {
    cancelTimer();
    endsAt = clock.monotonicMs() + delayMs;
    cancelTimer = clock.setTimeout(
      () => controller.abort(new KubeError('Timeout', `${what}: no answer within ${delayMs} ms`)),
      delayMs,
    );
  };
  const onParent = (): void =>
    controller.abort(new KubeError('Aborted', `${what}: aborted by the caller`, { cause: parent?.reason }));

  if (parent?.aborted === true) onParent();
  else {
    parent?.addEventListener('abort', onParent, { once: true });
    arm(ms);
  }
  return {
    signal: controller.signal,
    remainingMs: () => endsAt - clock.monotonicMs(),
    extend: arm,
    abort: (reason) => controller.abort(reason),
    dispose: () => {
      cancelTimer();
      parent?.removeEventListener('abort', onParent);
    },
  };
}
