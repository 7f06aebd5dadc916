import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createPool, query } from '../../../apps/messaging/src/mod.ts';

type Pool = ReturnType<typeof createPool>;

/** Where a real Postgres answers, and how to let it go. */
interface PostgresServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** The whole server goes with the test, so its databases need no dropping. */
  readonly disposable: boolean;
  stop(): Promise<void>;
}

interface TestPoolOptions {
  /** Bounds every wait for a lock too. */
  readonly statementTimeoutMs?: number;
  readonly maxConnections?: number;
  /** Whose rights it has. */
  readonly role?: string;
  readonly applicationName?: string;
}

export interface TestDatabase {
  /** A pool on a database of this test's own. */
  pool(options?: TestPoolOptions): Pool;
  drop(): Promise<void>;
}

const run = promisify(execFile);
const PASSWORD = randomUUID();

/**
 * An empty database on a real Postgres: the one that GANTRY_TEST_POSTGRES (host:port:user:password) names, otherwise a pod
 * of its own on the cluster that kubectl reaches.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = namedServer(process.env['GANTRY_TEST_POSTGRES']) ?? (await startPod());
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const pools: Pool[] = [];
  const open = (database: string, options: TestPoolOptions = {}): Pool => {
    const { statementTimeoutMs = 5_000, maxConnections = 8, role, applicationName = 'gantry-test' } = options;
    return createPool({
      host: server.host,
      port: server.port,
      database,
      user: server.user,
      password: server.password,
      applicationName,
      ...(role === undefined ? {} : { role }),
      maxConnections,
      connectTimeoutMs: 10_000,
      statementTimeoutMs,
      lockTimeoutMs: statementTimeoutMs,
      idleInTransactionTimeoutMs: 10_000,
      onIdleError: () => undefined,
    });
  };
  const admin = open('postgres');
  await query(admin, `CREATE DATABASE ${name}`);
  return {
    pool(options) {
      const pool = open(name, options);
      pools.push(pool);
      return pool;
    },
    async drop() {
      await Promise.all(pools.map((pool) => pool.end()));
      if (!server.disposable) await query(admin, `DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
      await server.stop();
    },
  };
}

function namedServer(text: string | undefined): PostgresServer | undefined {
  if (text === undefined) return undefined;
  const [host = '', port = '', user = '', password = ''] = text.split(':');
  return { host, port: Number(port), user, password, disposable: false, stop: () => Promise.resolve() };
}

const NAMESPACE = 'gantry-order-test';

async function startPod(): Promise<PostgresServer> {
  const pod = `postgres-${randomUUID().slice(0, 8)}`;
  await run('kubectl', ['create', 'namespace', NAMESPACE]).catch(ignoreExisting);
  const script = [
    'set -eu',
    `printf %s "$PASSWORD" > /tmp/password`,
    'initdb -D /tmp/data -U postgres --pwfile=/tmp/password --auth=scram-sha-256 --encoding=UTF8 --locale=C',
    "echo 'host all all all scram-sha-256' >> /tmp/data/pg_hba.conf",
    "exec postgres -D /tmp/data -c listen_addresses='*' -c unix_socket_directories=/tmp -c fsync=off -c max_connections=200",
  ].join('\n');
  const container = {
    name: 'postgres',
    image: process.env['GANTRY_POSTGRES_IMAGE'] ?? 'postgres:15',
    imagePullPolicy: 'IfNotPresent',
    command: ['/bin/sh', '-c', script],
    env: [{ name: 'PASSWORD', value: PASSWORD }],
    readinessProbe: { tcpSocket: { port: 5432 }, periodSeconds: 1 },
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
  };
  const spec = {
    securityContext: { runAsUser: 999, runAsGroup: 999, fsGroup: 999 },
    containers: [container],
    volumes: [{ name: 'tmp', emptyDir: {} }],
    terminationGracePeriodSeconds: 1,
  };
  const manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: pod, namespace: NAMESPACE, labels: { app: pod } },
    spec,
  };
  await apply(JSON.stringify(manifest));
  await run('kubectl', ['wait', '-n', NAMESPACE, `pod/${pod}`, '--for=condition=Ready', '--timeout=120s']);
  const { host, port } = await expose(pod);
  return {
    host,
    port,
    user: 'postgres',
    password: PASSWORD,
    disposable: true,
    async stop() {
      await run('kubectl', ['delete', '-n', NAMESPACE, `pod/${pod}`, `service/${pod}`, '--wait=false']);
    },
  };
}

async function apply(manifest: string): Promise<void> {
  const kubectl = spawn('kubectl', ['apply', '-f', '-'], { stdio: ['pipe', 'ignore', 'inherit'] });
  kubectl.stdin.end(manifest);
  await once(kubectl, 'exit');
  if (kubectl.exitCode !== 0) throw new Error(`kubectl apply ended with ${String(kubectl.exitCode)}`);
}

/** A node port, since `kubectl port-forward` ends with the first connection that is broken, which these tests do. */
async function expose(pod: string): Promise<{ host: string; port: number }> {
  await run('kubectl', ['expose', '-n', NAMESPACE, `pod/${pod}`, '--type=NodePort', '--port=5432']);
  const read = async (object: string, path: string): Promise<string> =>
    (await run('kubectl', ['get', '-n', NAMESPACE, object, '-o', `jsonpath=${path}`])).stdout;
  const [host, port] = await Promise.all([
    read(`pod/${pod}`, '{.status.hostIP}'),
    read(`service/${pod}`, '{.spec.ports[0].nodePort}'),
  ]);
  await reachable(host, Number(port));
  return { host, port: Number(port) };
}

/** kube-proxy opens a node port a moment after the Service is there. */
async function reachable(host: string, port: number): Promise<void> {
  const end = Date.now() + 60_000;
  for (;;) {
    const socket = connect({ host, port });
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(5_000) });
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await sleep(200);
    } finally {
      socket.destroy();
    }
  }
}

function ignoreExisting(error: unknown): void {
  if (!String(error).includes('AlreadyExists')) throw error;
}
