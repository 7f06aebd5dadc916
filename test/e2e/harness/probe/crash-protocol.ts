/** Between the crash runner in its pod and the harness: JSON lines on standard input and output. */

/** When the operator dies: around its nth write from now, or after a time. */
export type KillPoint =
  | { readonly kind: 'Write'; readonly nth: number; readonly when: 'BeforeSent' | 'AfterDone' }
  | { readonly kind: 'Time'; readonly afterMs: number };

export type CrashCommand =
  /** Starts the operator: at first, and again once the Lease of a dead one is gone. */
  | { readonly type: 'start' }
  | { readonly type: 'arm'; readonly point: KillPoint }
  /** Forgets a kill point that did not come. */
  | { readonly type: 'disarm' };

export type CrashLine =
  /** The proxy is there; no operator yet. */
  | { readonly type: 'serving' }
  | { readonly type: 'killed'; readonly point: KillPoint; readonly at: string }
  /** The killed operator's process is gone. */
  | { readonly type: 'dead' }
  /** The operator ended by itself, which it never should. */
  | { readonly type: 'ended'; readonly code: number | null; readonly log: string };
