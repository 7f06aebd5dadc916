import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Folder of what the ground and its clusters said, by name. */
export async function freshLogFolder(home: string, name: string): Promise<string> {
  const folder = join(home, 'logs', name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Where the output of a long program goes, without what an earlier run left there: `run` appends. */
export async function freshLogFile(home: string, name: string): Promise<string> {
  const folder = join(home, 'logs');
  const file = join(folder, `${name}.log`);
  await mkdir(folder, { recursive: true });
  await rm(file, { force: true });
  return file;
}
