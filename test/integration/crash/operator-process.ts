/** The operator's own main as a process: nothing of it goes on after a SIGKILL. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CLUSTER_DOMAIN, RESOLVE_PODS } from '../../fake-node/mod.ts';
import { operatorBundle } from '../../ground/bundles.ts';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
/** Of the log of the last process: enough to explain a failure. */
const KEPT_LINES = 400;

/** The operator in one file, which every process of it is started from. */
export class OperatorProgram {
  readonly folder: string;
  readonly entry: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.entry = join(folder, 'operator.mjs');
  }

  static async build(): Promise<OperatorProgram> {
    const program = new OperatorProgram(await mkdtemp(join(tmpdir(), 'gantry-crash-')));
    await writeFile(program.entry, await operatorBundle(REPOSITORY));
    return program;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}

export interface OperatorSetting {
  readonly program: OperatorProgram;
  /** Where it finds the API server. */
  readonly url: string;
  readonly podAddresses: string;
  /** Names its kubeconfig. */
  readonly lane: string;
}

export class OperatorProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #log: string[] = [];
  #killed = false;

  /** Comes back once its informers have synced. @throws Error when it ends before */
  static async start(setting: OperatorSetting): Promise<OperatorProcess> {
    const kubeConfig = join(setting.program.folder, `${setting.lane}.kubeconfig`);
    await writeFile(kubeConfig, kubeConfigOf(setting.url));
    const port = await freePort();
    const operator = new OperatorProcess(setting, kubeConfig, port);
    try {
      await operator.#ready(port);
      return operator;
    } catch (error) {
      await operator.kill();
      throw error;
    }
  }

  private constructor({ program, podAddresses }: OperatorSetting, kubeConfig: string, port: number) {
    // The operator refuses settings that it does not know, and those of the tests begin with the same letters.
    const env = Object.entries(process.env).filter(([name]) => !name.startsWith('GANTRY_'));
    this.#child = spawn(process.execPath, ['--import', RESOLVE_PODS, program.entry], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...Object.fromEntries(env),
        KUBECONFIG: kubeConfig,
        POD_ADDRESSES: podAddresses,
        GANTRY_LEADER_ELECTION: 'false',
        GANTRY_HTTP_PORT: String(port),
        GANTRY_CLUSTER_DOMAIN: CLUSTER_DOMAIN,
      },
    });
    const keep = (text: string): void => {
      this.#log.push(...text.split('\n').filter((line) => line !== ''));
      this.#log.splice(0, this.#log.length - KEPT_LINES);
    };
    this.#child.stdout?.setEncoding('utf8').on('data', keep);
    this.#child.stderr?.setEncoding('utf8').on('data', keep);
    this.#exited = new Promise((resolve) => this.#child.once('exit', () => resolve()));
  }

  get log(): readonly string[] {
    return this.#log;
  }

  /** It ended, and nobody killed it. */
  get died(): boolean {
    return !this.#killed && this.#child.exitCode !== null;
  }

  async kill(): Promise<void> {
    if (!this.died) this.#child.kill('SIGKILL');
    this.#killed = true;
    await this.#exited;
  }

  async #ready(port: number): Promise<void> {
    const endsAt = performance.now() + 60_000;
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
      if (answer?.ok === true) return;
      if (this.died || performance.now() > endsAt)
        throw new Error(`the operator does not start:\n${this.#log.slice(-20).join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function kubeConfigOf(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    // Plain HTTP is refused without this.
    clusters: [{ name: 'crash', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'crash', user: {} }],
    contexts: [{ name: 'crash', context: { cluster: 'crash', user: 'crash' } }],
    'current-context': 'crash',
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
