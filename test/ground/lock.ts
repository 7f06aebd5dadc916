import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSystemError } from './values.ts';
import type { Progress } from './progress.ts';

/** Whether a process with this id is there. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isSystemError(error, 'EPERM');
  }
}

interface Holder {
  readonly pid: number;
  /** Kernel start time of the process: a pid that was given to another program must not look like the holder. */
  readonly born: string;
  readonly doing: string;
}

const POLL_MS = 1_000;
const REMIND_MS = 30_000;

/**
 * Runs `work` while no other process runs work under the same lock file; waits for its holder, saying who that is.
 * The lock of a killed process is taken over.
 */
export async function withLock<T>(
  file: string,
  doing: string,
  progress: Progress,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  let reminded = -Infinity;
  for (;;) {
    const holder = tryLock(file, doing);
    if (holder === undefined) break;
    if (Date.now() - reminded > REMIND_MS) {
      progress.say(`waiting for process ${String(holder.pid)}, which has the ground (${holder.doing})`);
      reminded = Date.now();
    }
    await sleep(POLL_MS, undefined, { signal });
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** Takes the lock, or returns who has it. */
export function tryLock(file: string, doing: string): Holder | undefined {
  mkdirSync(dirname(file), { recursive: true });
  const own = `${file}.${String(process.pid)}`;
  const self: Holder = { pid: process.pid, born: bornAt(process.pid), doing };
  writeFileSync(own, JSON.stringify(self));
  try {
    // A link appears with its content, or not at all: nobody ever reads a lock that is half written.
    linkSync(own, file);
    return undefined;
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error;
  } finally {
    rmSync(own);
  }
  const holder = readHolder(file);
  if (holder !== undefined && isHeld(holder)) return holder;
  if (holder !== undefined) removeStale(file, own);
  return tryLock(file, doing);
}

function isHeld(holder: Holder): boolean {
  return isAlive(holder.pid) && bornAt(holder.pid) === holder.born;
}

/** Takes a dead holder's lock away, and gives it back if another process had replaced it in between. */
function removeStale(file: string, own: string): void {
  try {
    renameSync(file, own);
    const taken = readHolder(own);
    if (taken !== undefined && isHeld(taken)) linkSync(own, file);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'EEXIST')) throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function readHolder(file: string): Holder | undefined {
  try {
    const holder: Holder = JSON.parse(readFileSync(file, 'utf8'));
    return holder;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/**
 * When a process began: field 22 of /proc/PID/stat, behind the program's name, which may hold spaces, or what `ps` says
 * where there is no /proc. Empty: there is no such process.
 */
function bornAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    if (process.platform === 'linux') return '';
    // Whoever asks later may have another language and time zone.
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
    const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env });
    return stdout.trim();
  }
}
