import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const SETTING = '/proc/sys/fs/inotify/max_user_instances';
/** Three nodes' systemd, containerd and kubelet use about 70 of the usual 128; pods and a second cluster need more. */
const NEEDED = 1024;

const recordOf = (home: string): string => join(home, 'state', 'inotify-before');

/** Raises the limit of inotify instances and notes what it was, unless it is high enough. */
export async function raiseInotify(home: string): Promise<void> {
  const before = (await readFile(SETTING, 'utf8')).trim();
  if (Number(before) >= NEEDED) return;
  await mkdir(join(home, 'state'), { recursive: true });
  await writeFile(recordOf(home), before);
  await writeFile(SETTING, String(NEEDED));
}

/** Puts the limit back, if it still is what we made it: somebody else's later choice is theirs. */
export async function restoreInotify(home: string): Promise<void> {
  const before = await readFile(recordOf(home), 'utf8').catch(() => undefined);
  if (before === undefined) return;
  if (Number(await readFile(SETTING, 'utf8')) === NEEDED) await writeFile(SETTING, before);
  await rm(recordOf(home));
}
