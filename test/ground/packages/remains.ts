import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../run.ts';

/**
 * What a daemon that was killed, not stopped, leaves on the machine: shims and containers whose command lines name
 * its run folder, mounts below its folders, and its bridge. Only things that carry our own paths are touched.
 */
export async function removeRemains(runFolder: string, dataRoot: string, bridge: string): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const pids = await processesNaming(runFolder);
    if (pids.length === 0) break;
    for (const pid of pids) {
      try {
        process.kill(pid, signal);
      } catch {
        // It ended between the look and the signal.
      }
    }
    await sleep(2_000);
  }
  for (const mount of ownMounts(await readFile('/proc/self/mounts', 'utf8'), [runFolder, dataRoot])) {
    await run('umount', ['-l', mount], { accept: [1, 32] });
  }
  const links = await run('ip', ['-o', 'link', 'show', bridge], { accept: [1] });
  if (links.code === 0) await run('ip', ['link', 'delete', bridge]);
}

async function processesNaming(folder: string): Promise<number[]> {
  const pids = (await readdir('/proc'))
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid);
  const commands = await Promise.all(
    pids.map(async (pid) => ({
      pid,
      command: await readFile(`/proc/${String(pid)}/cmdline`, 'utf8').catch(() => ''),
    })),
  );
  return commands.filter(({ command }) => isDaemonCommand(command, folder)).map(({ pid }) => pid);
}

/** Whether a command line, its words separated by NUL, is a container program that works in `folder`. */
export function isDaemonCommand(command: string, folder: string): boolean {
  const [program = '', ...args] = command.split('\0');
  const name = program.split('/').at(-1) ?? '';
  const ours = [
    'dockerd',
    'containerd',
    'containerd-shim-runc-v2',
    'containerd-shim',
    'docker-proxy',
  ].includes(name);
  return ours && args.some((argument) => argument.includes(`${folder}/`));
}

/** The mount points below any of the folders, the deepest first. */
export function ownMounts(mounts: string, folders: readonly string[]): string[] {
  const points = mounts.split('\n').map((line) => line.split(' ')[1] ?? '');
  return points.filter((point) => folders.some((folder) => point.startsWith(`${folder}/`))).toReversed();
}
