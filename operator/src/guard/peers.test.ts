import { afterEach, describe, expect, it } from '@jest/globals';
import type { Server } from 'node:http';
import { ScriptedServer, type Handler } from '../kube/testing/scripted-server.ts';
import { allSilent, serveGuard } from './peers.ts';

let stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(stops.map((end) => end()));
  stops = [];
});

const never = new AbortController().signal;
/** Nobody runs into it: what says nothing here ends its answer. */
const TIMEOUT = 60_000;

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return address.port;
}

function stop(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  return promise;
}

/** @returns where the guard of another member answers */
async function guardThat(hears: () => Promise<boolean>): Promise<string> {
  const server = await serveGuard(0, hears);
  stops.push(() => stop(server));
  return `127.0.0.1:${portOf(server)}`;
}

const silent = (): Promise<string> => guardThat(() => Promise.resolve(false));
const heard = (): Promise<string> => guardThat(() => Promise.resolve(true));

/** Something else that answers there. */
async function other(handler: Handler): Promise<string> {
  const server = await ScriptedServer.start(handler);
  stops.push(() => server.close());
  return new URL(server.url).host;
}

/** Where nobody listens any more. */
async function nobody(): Promise<string> {
  const server = await serveGuard(0, () => Promise.resolve(false));
  const port = portOf(server);
  await stop(server);
  return `127.0.0.1:${port}`;
}

describe('the other members hear no leader', () => {
  it('when each of them says so', async () => {
    expect(await allSilent([await silent(), await silent()], TIMEOUT, never)).toBe(true);
  });

  it.each<[string, () => Promise<string>]>([
    ['hears one', heard],
    ['is not there', nobody],
    ['does not know', () => guardThat(() => Promise.reject(new Error('no idea')))],
    // Whoever answers there is no guard: its word counts for nothing, even if it is the right one.
    ['has no such page', () => other((_request, response) => response.writeHead(404).end('silent\n'))],
    ['fails', () => other((_request, response) => response.writeHead(500).end('silent\n'))],
    ['says something else', () => other((_request, response) => response.end('silently\n'))],
    ['says nothing', () => other((_request, response) => response.end())],
    [
      'is cut off in the middle of its answer',
      () =>
        other((_request, response) => {
          response.writeHead(200, { 'content-length': '100' });
          response.write('silent\n', () => response.destroy());
        }),
    ],
  ])('but not when one of them %s', async (_that, start) => {
    const quiet = await silent();
    const one = await start();
    expect(await allSilent([quiet, one], TIMEOUT, never)).toBe(false);
    expect(await allSilent([one, quiet], TIMEOUT, never)).toBe(false);
  });

  it('is asked anew each time', async () => {
    let hears = true;
    const peer = await guardThat(() => Promise.resolve(hears));
    expect(await allSilent([peer], TIMEOUT, never)).toBe(false);
    hears = false;
    expect(await allSilent([peer], TIMEOUT, never)).toBe(true);
  });

  it('is not known of one that has not answered when the time is up', async () => {
    const { promise: reached, resolve } = Promise.withResolvers<void>();
    const hanging = await other(() => resolve());
    const timeIsUp = new AbortController();
    const answer = allSilent([hanging], TIMEOUT, timeIsUp.signal);
    await reached;
    timeIsUp.abort();
    expect(await answer).toBe(false);
    expect(await allSilent([await silent()], TIMEOUT, timeIsUp.signal)).toBe(false);
  });
});

describe('the server of a guard', () => {
  const answerOf = async (peer: string, path: string): Promise<readonly [number, string]> => {
    const response = await fetch(`http://${peer}${path}`);
    return [response.status, await response.text()];
  };

  it('says whether it hears a leader, and that it does not know', async () => {
    expect(await answerOf(await heard(), '/leader')).toEqual([200, 'heard\n']);
    expect(await answerOf(await silent(), '/leader')).toEqual([200, 'silent\n']);
    const lost = await guardThat(() => Promise.reject(new Error('no idea')));
    expect(await answerOf(lost, '/leader')).toEqual([500, 'Error: no idea\n']);
  });

  it('is healthy while the controllers do not answer', async () => {
    const waiting = await guardThat(() => new Promise(() => undefined));
    expect(await answerOf(waiting, '/healthz')).toEqual([200, 'ok\n']);
  });

  it('knows nothing else', async () => {
    expect(await answerOf(await silent(), '/')).toEqual([404, 'try /leader\n']);
  });

  it('does not start on a port that is taken', async () => {
    const [, port] = (await silent()).split(':');
    await expect(serveGuard(Number(port), () => Promise.resolve(true))).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});
