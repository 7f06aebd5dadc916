/**
 * Runs the operator as a child process behind a proxy to the API server that kills it at a given write: before the
 * server has seen it, or after the server has done it and before the operator knows.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';
import type { CrashCommand, CrashLine, KillPoint } from './crash-protocol.ts';

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const KUBECONFIG = '/tmp/kubeconfig';
const agent = new Agent({ keepAlive: true, ca: readFileSync(`${ACCOUNT}/ca.crt`) });
const LOG_KEPT = 4_000;

let operator: ChildProcess | undefined;
let armed: KillPoint | undefined;
let timer: NodeJS.Timeout | undefined;
let writes = 0;
let killing = false;

const emit = (line: CrashLine): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

function startOperator(): void {
  killing = false;
  let log = '';
  const child = spawn('node', ['/app/main.mjs'], {
    env: {
      ...process.env,
      KUBECONFIG,
      GANTRY_NAMESPACE: process.argv[2],
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const keep = (chunk: Buffer): void => {
    log = (log + chunk.toString('utf8')).slice(-LOG_KEPT);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.once('exit', (code) => {
    operator = undefined;
    emit(killing ? { type: 'dead' } : { type: 'ended', code, log });
  });
  operator = child;
}

function kill(point: KillPoint, at: string): void {
  killing = true;
  armed = undefined;
  emit({ type: 'killed', point, at });
  operator?.kill('SIGKILL');
}

/** A write that matters: the Lease and Events say nothing about the state of anything. */
function countsAsWrite(incoming: IncomingMessage): boolean {
  const path = incoming.url ?? '';
  return incoming.method !== 'GET' && !path.includes('/leases') && !path.includes('/events');
}

/** The kill point that this write reaches, if any: none does it twice. */
function reached(): KillPoint | undefined {
  writes++;
  if (armed?.kind !== 'Write' || writes < armed.nth) return undefined;
  const point = armed;
  armed = undefined;
  return point;
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const what = `${incoming.method ?? ''} ${incoming.url ?? ''}`;
  const point = countsAsWrite(incoming) ? reached() : undefined;
  if (point?.kind === 'Write' && point.when === 'BeforeSent') {
    kill(point, what);
    incoming.destroy();
    return;
  }
  const upstream = request(
    {
      agent,
      host: process.env['KUBERNETES_SERVICE_HOST'],
      port: process.env['KUBERNETES_SERVICE_PORT'],
      method: incoming.method,
      path: incoming.url,
      headers: {
        ...incoming.headers,
        host: 'kubernetes.default.svc',
        authorization: `Bearer ${readFileSync(`${ACCOUNT}/token`, 'utf8')}`,
      },
    },
    (response) => {
      if (point !== undefined) {
        // The server has done it; its answer never arrives.
        response.resume().once('end', () => {
          kill(point, what);
          outgoing.destroy();
        });
        return;
      }
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      outgoing.flushHeaders(); // a watch may have nothing else to say for minutes
      response.pipe(outgoing);
      response.once('error', () => outgoing.destroy());
    },
  );
  upstream.once('error', () => outgoing.destroy());
  outgoing.once('close', () => upstream.destroy());
  incoming.pipe(upstream);
}

function obey(command: CrashCommand): void {
  if (command.type === 'start') {
    startOperator();
    return;
  }
  clearTimeout(timer);
  armed = undefined;
  if (command.type === 'disarm') return;
  writes = 0;
  armed = command.point;
  if (command.point.kind === 'Time') killAfter(command.point, command.point.afterMs);
}

/** Nobody can be killed between two lives: then a little later. */
function killAfter(point: KillPoint, delayMs: number): void {
  timer = setTimeout(() => {
    if (operator === undefined) killAfter(point, 50);
    else kill(point, 'time');
  }, delayMs);
}

const server = createServer(forward);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no TCP port');
  const { port } = address;
  writeFileSync(
    KUBECONFIG,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      // client-node refuses plain HTTP otherwise, even to the same pod.
      clusters: [
        {
          name: 'proxy',
          cluster: { server: `http://127.0.0.1:${String(port)}`, 'insecure-skip-tls-verify': true },
        },
      ],
      users: [{ name: 'none', user: {} }],
      contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'none' } }],
      'current-context': 'proxy',
    }),
  );
  emit({ type: 'serving' });
});
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const command: CrashCommand = JSON.parse(line);
    obey(command);
  })
  .once('close', () => {
    // The harness is gone: so is the operator.
    killing = true;
    operator?.removeAllListeners('exit').kill('SIGKILL');
    process.exit(0);
  });
