import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../context.ts';
import { isAlive } from '../lock.ts';
import { freshLogFile } from '../logs.ts';
import { output, run } from '../run.ts';
import { hostEnvironment } from './debian.ts';
import { raiseInotify, restoreInotify } from './kernel-settings.ts';
import { removeRemains } from './remains.ts';

/**
 * Docker's daemon as a child of the ground: everything it owns lies under RUN and `<cache>/docker`, and it leaves the
 * machine's firewall and forwarding alone. kind reaches its nodes by Docker's userland proxy on loopback.
 */
const RUN = '/run/gantry';
const PID_FILE = join(RUN, 'docker.pid');
const START_MS = 60_000;
const STOP_MS = 60_000;

/** Addresses of the benchmarking range (RFC 2544): nothing on a real network is hidden by them. */
export const addresses = {
  bridge: 'gantry0',
  nodes: '198.18.192.0/24',
  pool: '198.18.192.0/20',
  pods: '198.19.0.0/18',
  services: '198.19.64.0/20',
} as const;

export interface DaemonPrograms {
  readonly host: string;
  readonly runtime: string;
  readonly tools: string;
}

export function daemonEnvironment({
  host,
  runtime,
  tools,
}: DaemonPrograms): Readonly<Record<string, string>> {
  const base = hostEnvironment(host);
  return {
    ...base,
    PATH: [runtime, tools, base['PATH']].join(':'),
    DOCKER_HOST: `unix://${RUN}/docker.sock`,
    KIND_EXPERIMENTAL_PROVIDER: 'docker',
  };
}

export async function isUp(env: Readonly<Record<string, string>>): Promise<boolean> {
  const result = await run('docker', ['version', '--format', '{{.Server.Version}}'], { env, accept: [1] });
  return result.code === 0;
}

export async function startDaemon(context: Context, programs: DaemonPrograms): Promise<void> {
  const env = daemonEnvironment(programs);
  const dataRoot = join(context.home, 'docker');
  if (await isUp(env)) {
    const root = await output('docker', ['info', '--format', '{{.DockerRootDir}}'], { env });
    if (root !== dataRoot)
      throw new Error(`A ground made from another cache is up (${root}): stop it there first.`);
  } else {
    await context.progress.step("starting Docker's daemon", () => launch(context, programs, dataRoot));
  }
  const networks = await output('docker', ['network', 'ls', '--format', '{{.Name}}'], { env });
  if (networks.split('\n').includes('kind')) return;
  // kind takes a network of this name as it is: made here, it gets our range and no masquerading rule.
  const bridge = ['-o', `com.docker.network.bridge.name=${addresses.bridge}`];
  const options = [...bridge, '-o', 'com.docker.network.bridge.enable_ip_masquerade=false'];
  await run(
    'docker',
    ['network', 'create', '-d', 'bridge', '--subnet', addresses.nodes, ...options, 'kind'],
    { env },
  );
}

async function launch(context: Context, programs: DaemonPrograms, dataRoot: string): Promise<void> {
  const env = daemonEnvironment(programs);
  const logFile = await freshLogFile(context.home, 'dockerd');
  await raiseInotify(context.home);
  await Promise.all([RUN, dataRoot].map((each) => mkdir(each, { recursive: true })));
  await rm(PID_FILE, { force: true });
  const file = join(RUN, 'daemon.json');
  await writeFile(file, JSON.stringify(daemonConfig(programs, dataRoot), undefined, 2));
  const log = openSync(logFile, 'w');
  const daemon = spawn('dockerd', ['--config-file', file], {
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', log, log],
  });
  daemon.unref();
  const deadline = Date.now() + START_MS;
  while (!(await isUp(env))) {
    if (daemon.exitCode !== null || Date.now() > deadline) {
      throw new Error(
        `Docker's daemon does not start; the end of ${logFile} says why:\n${await tail(logFile)}`,
      );
    }
    await sleep(200, undefined, { signal: context.signal });
  }
}

function daemonConfig({ runtime }: DaemonPrograms, dataRoot: string): object {
  return {
    'data-root': dataRoot,
    'exec-root': join(RUN, 'exec'),
    pidfile: PID_FILE,
    hosts: [`unix://${RUN}/docker.sock`],
    bridge: 'none',
    'default-address-pools': [{ base: addresses.pool, size: 24 }],
    // Docker would hand unknown names to the machine's resolver; names that no pod serves fail at once instead.
    dns: ['127.0.0.1'],
    iptables: false,
    ip6tables: false,
    'ip-masq': false,
    'ip-forward': false,
    'storage-driver': 'overlay2',
    'oom-score-adjust': 0,
    'default-runtime': 'gantry',
    runtimes: { gantry: { path: join(runtime, 'runc') } },
  };
}

async function tail(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).trimEnd().split('\n').slice(-10).join('\n');
}

/** Stops the daemon and removes every trace of it outside the cache. Does nothing when there is none. */
export async function stopDaemon(context: Context): Promise<void> {
  const pid = Number(await readFile(PID_FILE, 'utf8').catch(() => ''));
  // The daemon's pid file outlives a kill; another program may have its number since.
  const command = await readFile(`/proc/${String(pid)}/cmdline`, 'utf8').catch(() => '');
  if (command.includes(RUN)) {
    process.kill(pid, 'SIGTERM');
    const deadline = Date.now() + STOP_MS;
    while (isAlive(pid) && Date.now() < deadline) await sleep(100);
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  }
  await removeRemains(RUN, join(context.home, 'docker'), addresses.bridge);
  await restoreInotify(context.home);
  await rm(RUN, { recursive: true, force: true });
}
