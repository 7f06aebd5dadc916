import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { operatorBundle } from '../ground/bundles.ts';
import { readMetrics, sumOf, type Sample } from './metrics-text.ts';
import { say, type Cleanup } from './program.ts';

const run = promisify(execFile);

/** The operator that is measured. */
export interface MeasuredOperator {
  readonly description: string;
  metrics(): Promise<readonly Sample[]>;
  /** RssAnon in bytes: what counts against a memory limit, without the program text. */
  anonymousBytes(): Promise<number>;
  /** How often its memory can be read without much disturbing it. */
  readonly sampleMs: number;
}

const MEBIBYTE = 1024 * 1024;

/** Reads its memory again and again while something happens. */
export async function sampleMemory<T>(
  { anonymousBytes, sampleMs }: Pick<MeasuredOperator, 'anonymousBytes' | 'sampleMs'>,
  happening: Promise<T>,
): Promise<{ readonly result: T; readonly mebibytes: readonly number[] }> {
  const ended = happening.then((result) => ({ result }));
  ended.catch(() => undefined); // the race tells it
  const mebibytes: number[] = [];
  for (;;) {
    mebibytes.push((await anonymousBytes()) / MEBIBYTE);
    const end = await Promise.race([ended, sleep(sampleMs, undefined)]);
    if (end !== undefined) return { ...end, mebibytes };
  }
}

/** The operator as it runs in the cluster, read through the API server. */
export async function operatorPod(namespace: string): Promise<MeasuredOperator> {
  const lease = await kubectl(
    'get',
    'lease',
    'gantry',
    '-n',
    namespace,
    '-o',
    'jsonpath={.spec.holderIdentity}',
  );
  const [pod = ''] = lease.split('_');
  const metrics = async (): Promise<readonly Sample[]> =>
    readMetrics(
      await kubectl('get', '--raw', `/api/v1/namespaces/${namespace}/pods/${pod}:8080/proxy/metrics`),
    );
  return {
    description: `pod ${namespace}/${pod}`,
    // A process of kubectl each.
    sampleMs: 2_000,
    metrics,
    anonymousBytes: async () => {
      const bytes = sumOf(await metrics(), 'gantry_process_anonymous_memory_bytes');
      if (bytes === undefined) throw new Error('the operator does not tell its anonymous memory');
      return bytes;
    },
  };
}

async function kubectl(...parameters: readonly string[]): Promise<string> {
  const { stdout } = await run('kubectl', parameters, { maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}

/** As the operator's container is started (charts/gantry), whose heap is this much of its limit, so that memory is comparable. */
const NODE_FLAGS = ['--max-semi-space-size=1', '--optimize-for-size', '--max-old-space-size=192'];
const MALLOC_ARENA_MAX = '1';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const HTTP_PORT = 18_089;
const START_ATTEMPTS = 60;

export interface HereOptions {
  readonly resyncSeconds: number;
  /** A module that knows the names under a domain, which no DNS server does. */
  readonly names: {
    readonly preload: string;
    readonly domain: string;
    readonly env?: Readonly<Record<string, string>>;
  };
}

/** The operator's own main, bundled as for its image, as a process here that finds fakes by their names. */
export async function operatorHere(
  { names, resyncSeconds }: HereOptions,
  cleanup: Cleanup,
): Promise<MeasuredOperator> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-bench-'));
  cleanup.add(async () => rm(folder, { recursive: true }));
  const entry = join(folder, 'main.mjs');
  await writeFile(entry, await operatorBundle(REPOSITORY));
  // The operator refuses settings that it does not know, and those of the ground begin with the same letters.
  const env = Object.entries(process.env).filter(([name]) => !name.startsWith('GANTRY_'));
  const child = spawn(process.execPath, [...NODE_FLAGS, '--import', names.preload, entry], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...Object.fromEntries(env),
      ...names.env,
      MALLOC_ARENA_MAX,
      GANTRY_LEADER_ELECTION: 'false',
      GANTRY_HTTP_PORT: String(HTTP_PORT),
      GANTRY_CLUSTER_DOMAIN: names.domain,
      GANTRY_RESYNC_SECONDS: String(resyncSeconds),
      GANTRY_LOG_LEVEL: 'warn',
    },
  });
  child.stdout.setEncoding('utf8').on('data', (lines: string) => process.env['BENCH_LOG'] && say(lines));
  cleanup.add(async () => stopChild(child));
  const metrics = async (): Promise<readonly Sample[]> => {
    const response = await fetch(`http://127.0.0.1:${HTTP_PORT}/metrics`, {
      signal: AbortSignal.timeout(60_000),
    });
    return readMetrics(await response.text());
  };
  await answers(metrics);
  return {
    description: 'a process on this machine',
    sampleMs: 250,
    metrics,
    anonymousBytes: async () => anonymousBytesOf(child),
  };
}

async function answers(ask: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await ask();
      return;
    } catch (error) {
      if (attempt === START_ATTEMPTS) throw error;
      await sleep(1_000);
    }
  }
}

async function anonymousBytesOf(child: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new Error('this kernel does not tell RssAnon');
  return Number(kilobytes) * 1024;
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  await exited;
}
