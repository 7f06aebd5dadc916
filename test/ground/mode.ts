import { readFile } from 'node:fs/promises';
import { run } from './run.ts';
import type { Mode } from './source.ts';

/** What a machine has that decides where images and tools come from. */
export interface Machine {
  /** The value of GANTRY_GROUND. */
  readonly wish: string | undefined;
  /** What the cluster that this is about was made with, when there is one. */
  readonly made: Mode | undefined;
  readonly platform: string;
  readonly arch: string;
  readonly root: boolean;
  /** Debian's release name, undefined elsewhere. */
  readonly debian: string | undefined;
  /** A Docker daemon answers and can pull an image. */
  readonly canPull: boolean;
}

export type Choice =
  { readonly ok: true; readonly mode: Mode } | { readonly ok: false; readonly sentence: string };

const SUITE = 'bookworm';

/** As the cluster was made. Else Docker where it can pull, packages where that is possible, else one sentence about what to install. */
export function chooseMode(machine: Machine): Choice {
  const { wish, made } = machine;
  if (wish !== undefined && wish !== '' && wish !== 'docker' && wish !== 'packages') {
    return { ok: false, sentence: `GANTRY_GROUND is "${wish}": it can be docker or packages.` };
  }
  if (made !== undefined) {
    if (wish === undefined || wish === '' || wish === made) return { ok: true, mode: made };
    const sentence = `GANTRY_GROUND is "${wish}", and the cluster was made with "${made}": remove it first, or unset GANTRY_GROUND.`;
    return { ok: false, sentence };
  }
  if (wish === 'docker' || (wish !== 'packages' && machine.canPull)) return { ok: true, mode: 'docker' };
  const lacking = lackForPackages(machine);
  if (lacking === undefined) return { ok: true, mode: 'packages' };
  const advice = wish === 'packages' ? '' : ', or start a Docker daemon that can pull images';
  return { ok: false, sentence: `The packages ground ${lacking}${advice}.` };
}

function lackForPackages({ platform, arch, root, debian }: Machine): string | undefined {
  if (platform !== 'linux' || arch !== 'x64' || debian !== SUITE)
    return `runs on Debian 12 (${SUITE}) on amd64 only: use such a machine`;
  if (!root) return 'starts containers by itself: run the command as root';
  return undefined;
}

export async function lookAtMachine(made: Mode | undefined): Promise<Machine> {
  const wish = process.env['GANTRY_GROUND'];
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return {
    wish,
    made,
    platform: process.platform,
    arch: process.arch,
    root: process.getuid?.() === 0,
    debian: /^ID=debian$/m.test(release) ? /^VERSION_CODENAME=(\w+)$/m.exec(release)?.[1] : undefined,
    // Asking a registry takes seconds: not when the answer changes nothing.
    canPull: made === undefined && (wish === undefined || wish === '') ? await canPull() : false,
  };
}

async function canPull(): Promise<boolean> {
  try {
    await run('docker', ['version', '--format', '{{.Server.Version}}'], { timeoutMs: 10_000 });
    await run('docker', ['pull', '--quiet', 'registry.k8s.io/pause:3.10.1'], { timeoutMs: 30_000 });
    return true;
  } catch {
    return false;
  }
}
