import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Cache } from './cache.ts';
import type { Progress } from './progress.ts';

/** What every step of the ground needs: where things are, how to speak, when to stop. */
export interface Context {
  readonly repository: string;
  /** Everything that is built, and the state of what runs: one a user, shared by all checkouts. */
  readonly home: string;
  readonly cache: Cache;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export function createContext(progress: Progress, signal: AbortSignal): Context {
  const { XDG_CACHE_HOME } = process.env;
  const base =
    XDG_CACHE_HOME === undefined || XDG_CACHE_HOME === '' ? join(homedir(), '.cache') : XDG_CACHE_HOME;
  const home = join(base, 'gantry');
  return {
    repository: dirname(dirname(import.meta.dirname)),
    home,
    cache: new Cache(home, progress),
    progress,
    signal,
  };
}

/** A folder or file of test/ground itself. */
export function ownPath(...parts: readonly string[]): string {
  return join(import.meta.dirname, ...parts);
}
