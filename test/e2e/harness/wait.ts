import { setTimeout as sleep } from 'node:timers/promises';
import { isKubeError } from '../../../operator/src/kube/mod.ts';

/** One look at the world: what was waited for, or in words what is there instead. */
export type Look<T> = { readonly done: T } | { readonly pending: string };

export interface WaitOptions<T> {
  /** Completes the sentence "waited for …". */
  readonly what: string;
  readonly deadlineMs: number;
  readonly everyMs?: number;
  readonly look: () => Promise<Look<T>> | Look<T>;
  /** Asked once when the deadline has passed, for the failure message. */
  readonly diagnose?: () => Promise<string>;
  /**
   * When true any rejected look counts as "not yet" (the API server is being restarted, a pod is gone…). What may
   * succeed by itself, such as a call that a busy API server did not answer in time, always does.
   */
  readonly tolerate?: boolean;
}

/** Polls until the look is done. @throws Error with what was last seen and the diagnosis. */
export async function waitFor<T>(options: WaitOptions<T>): Promise<T> {
  const end = Date.now() + options.deadlineMs;
  let seen = 'nothing yet';
  for (;;) {
    const result = await lookOnce(options);
    if ('done' in result) return result.done;
    seen = result.pending;
    if (Date.now() >= end) break;
    await sleep(Math.min(options.everyMs ?? 500, Math.max(1, end - Date.now())));
  }
  const diagnosis = await (options.diagnose?.() ?? Promise.resolve('')).catch(
    (error: unknown) => `no diagnosis: ${messageOf(error)}`,
  );
  throw new Error(
    `waited ${String(options.deadlineMs / 1000)} s for ${options.what}; last seen: ${seen}\n${diagnosis}`,
  );
}

async function lookOnce<T>(options: WaitOptions<T>): Promise<Look<T>> {
  try {
    return await options.look();
  } catch (error) {
    if (options.tolerate === true || (isKubeError(error) && error.retryable))
      return { pending: `could not look: ${messageOf(error)}` };
    throw error;
  }
}

export interface WaitOtherOptions extends Omit<WaitOptions<true>, 'look'> {
  readonly than: string;
  /** Who it is; '' is nobody. */
  readonly now: () => Promise<string>;
}

/** Polls until it is somebody else, and not nobody. @throws Error as `waitFor` does */
export function waitOther({ than, now, ...options }: WaitOtherOptions): Promise<true> {
  return waitFor({
    ...options,
    look: async () => {
      const name = await now();
      return yes(name !== '' && name !== than, `it is ${name}`);
    },
  });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A look at a yes-or-no question. */
export function yes(condition: boolean, otherwise: string): Look<true> {
  return condition ? { done: true } : { pending: otherwise };
}
