import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readMetrics, sumOf, type Sample } from './metrics-text.ts';

const run = promisify(execFile);

/** The operator that is measured. */
export interface MeasuredOperator {
  readonly description: string;
  metrics(): Promise<readonly Sample[]>;
  /** RssAnon in bytes: what counts against a memory limit, without the program text. */
  anonymousBytes(): Promise<number>;
  stop(): Promise<void>;
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
    metrics,
    anonymousBytes: async () => {
      const bytes = sumOf(await metrics(), 'gantry_process_anonymous_memory_bytes');
      if (bytes === undefined) throw new Error('the operator does not tell its anonymous memory');
      return bytes;
    },
    stop: async () => undefined,
  };
}

async function kubectl(...parameters: readonly string[]): Promise<string> {
  const { stdout } = await run('kubectl', parameters, { maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}

/** What the operator's container is started with (charts/gantry), so that memory is comparable. */
const NODE_FLAGS = ['--max-semi-space-size=1', '--optimize-for-size', '--max-old-space-size=192'];
const MALLOC_ARENA_MAX = '1';

/** The operator's own main as a process here, its cluster domain leading to fake brokers. */
export async function operatorHere(
  entry: string,
  port: number,
  resyncSeconds: number,
  onLog: (line: string) => void,
): Promise<MeasuredOperator> {
  const preload = fileURLToPath(new URL('resolve-fakes.mjs', import.meta.url));
  const child = spawn(process.execPath, [...NODE_FLAGS, '--import', preload, entry], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      MALLOC_ARENA_MAX,
      GANTRY_LEADER_ELECTION: 'false',
      GANTRY_HTTP_PORT: String(port),
      GANTRY_CLUSTER_DOMAIN: 'bench.invalid',
      GANTRY_RESYNC_SECONDS: String(resyncSeconds),
      GANTRY_LOG_LEVEL: 'warn',
    },
  });
  child.stdout.setEncoding('utf8').on('data', onLog);
  const metrics = async (): Promise<readonly Sample[]> => {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(10_000) });
    return readMetrics(await response.text());
  };
  return {
    description: 'a process on this machine',
    metrics,
    anonymousBytes: async () => anonymousBytesOf(child),
    stop: async () => stopChild(child),
  };
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
