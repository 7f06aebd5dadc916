/** What one reconciliation came to. The controller turns it into the next time the key runs. */
export type Outcome =
  /** The object is as it should be. */
  | { readonly kind: 'Done'; readonly requeueAfterMs?: number }
  /** Failed, and may succeed by itself: exponential backoff with jitter, of `atMostMs` where there is more to watch. */
  | {
      readonly kind: 'Retry';
      readonly reason: string;
      readonly message: string;
      readonly cause?: unknown;
      readonly atMostMs?: number;
    }
  /** Nothing failed, something outside has to happen first: poll. */
  | { readonly kind: 'Wait'; readonly reason: string; readonly message: string; readonly pollMs: number }
  /** Will not succeed until somebody changes the object: no timer at all. */
  | { readonly kind: 'Terminal'; readonly reason: string; readonly message: string };

export const done: Outcome = { kind: 'Done' };
