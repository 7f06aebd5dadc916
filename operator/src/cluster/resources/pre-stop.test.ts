import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { awaitHandOver } from './pre-stop.ts';

let sockets: Socket[] = [];
let servers: Server[] = [];
let folder: string;
/** Written when nobody took over. */
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-'));
  file = join(folder, 'closing');
});

afterEach(async () => {
  await rm(folder, { recursive: true });
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
  [sockets, servers] = [[], []];
});

/** The port of a server that takes connections, as a master's for its replicas. */
async function listen(host: string): Promise<number> {
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
  });
  servers.push(server);
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return address.port;
}

async function follow(host: string, port: number): Promise<Socket> {
  const socket = connect(port, host);
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

interface Hook {
  running: boolean;
  /** Its exit code. */
  readonly ended: Promise<number>;
}

function stop(port: number, seconds: number, tells = file): Hook {
  const [command = '', ...args] = awaitHandOver(port, seconds, tells);
  const child = spawn(command, args, { stdio: 'ignore' });
  const hook: Hook = {
    running: true,
    ended: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => {
        hook.running = false;
        resolve(code ?? -1);
      });
    }),
  };
  return hook;
}

describe('a broker that is asked to stop', () => {
  it('does so at once when nobody copies from it', async () => {
    expect(await stop(await listen('127.0.0.1'), 600).ended).toBe(0);
  });

  it.each(['127.0.0.1', '::1'])('waits until nobody copies from it any more (%s)', async (host) => {
    const port = await listen(host);
    const replicas = [await follow(host, port), await follow(host, port)];
    const hook = stop(port, 600);
    replicas[0]?.destroy();
    // It has looked several times by then.
    expect(
      await Promise.race([hook.ended, stop(port, 1, join(folder, 'other')).ended.then(() => 'the other')]),
    ).toBe('the other');
    expect(hook.running).toBe(true);
    replicas[1]?.destroy();
    expect(await hook.ended).toBe(0);
    expect(existsSync(file)).toBe(false);
  });

  it('waits no longer than it may, and has its guard close it before it ends', async () => {
    const port = await listen('127.0.0.1');
    await follow('127.0.0.1', port);
    expect(await stop(port, 1).ended).toBe(0);
    expect(existsSync(file)).toBe(true);
  });
});
