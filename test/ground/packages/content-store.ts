import { spawn } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../context.ts';
import { run } from '../run.ts';

const READY_MS = 30_000;

/**
 * Puts images into the containerd store of a node's tree, so that a node starts with them: the tree's own containerd
 * runs for a moment on this machine, on that store, with state and socket in a folder of ours.
 */
export async function importImages(
  context: Context,
  root: string,
  archive: string,
  logFile: string,
): Promise<void> {
  // A socket's path may have 107 characters at most, which a cache folder deep in a home can exceed.
  const state = await mkdtemp(join(tmpdir(), 'gantry-'));
  const socket = join(state, 'containerd.sock');
  const config = join(state, 'config.toml');
  await writeFile(config, 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n');
  const folders = [
    '--root',
    join(root, 'var/lib/containerd'),
    '--state',
    join(state, 'state'),
    '--address',
    socket,
  ];
  const log = openSync(logFile, 'a');
  const daemon = spawn(join(root, 'usr/bin/containerd'), ['-c', config, ...folders], {
    stdio: ['ignore', log, log],
  });
  const ended = new Promise<void>((resolve) => {
    daemon.on('exit', () => resolve());
    daemon.on('error', () => resolve());
  });
  try {
    const deadline = Date.now() + READY_MS;
    while (!existsSync(socket)) {
      if (daemon.exitCode !== null || Date.now() > deadline)
        throw new Error(`containerd does not start: see ${logFile}`);
      await sleep(100, undefined, { signal: context.signal });
    }
    // Pinned, or the kubelet's image garbage collection could take what no registry here gives back.
    const options = [
      '--label=io.cri-containerd.pinned=pinned',
      '--all-platforms',
      '--no-unpack',
      '--digests',
    ];
    await run(
      join(root, 'usr/bin/ctr'),
      ['-a', socket, '-n', 'k8s.io', 'images', 'import', ...options, archive],
      { logFile },
    );
  } finally {
    daemon.kill('SIGTERM');
    await ended;
    await rm(state, { recursive: true, force: true });
  }
}
