import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { ManualClock } from '../kube/testing/manual-clock.ts';
import { Health, healthPath, serveHealth, turnAtMostMs } from './health.ts';

describe('the health of a guard', () => {
  it('is good while both loops turn', async () => {
    const clock = new ManualClock();
    const health = new Health(clock);
    for (let turn = 0; turn < 5; turn += 1) {
      await clock.advance(turnAtMostMs);
      expect(health.problem()).toBeUndefined();
      health.turned('look');
      health.turned('ask');
    }
  });

  it.each(['look', 'ask'] as const)('is bad when only %s turns', async (loop) => {
    const clock = new ManualClock();
    const health = new Health(clock);
    await clock.advance(turnAtMostMs);
    health.turned(loop);
    await clock.advance(1_000);
    const other = loop === 'look' ? 'ask' : 'look';
    expect(health.problem()).toBe(`the last ${other} began 31 s ago`);
    health.turned(other);
    expect(health.problem()).toBeUndefined();
  });
});

describe('what is asked over HTTP', () => {
  let server: Server | undefined;
  afterEach(async () => {
    server?.close();
    server?.closeAllConnections();
    if (server?.listening === true) await once(server, 'close');
    server = undefined;
  });

  const ask = async (problem: string | undefined, path: string): Promise<readonly [number, string]> => {
    server = await serveHealth(0, { problem: () => problem });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('it does not listen on TCP');
    const response = await fetch(`http://127.0.0.1:${address.port}${path}`);
    return [response.status, await response.text()];
  };

  it.each([
    ['is its health', undefined, healthPath, [200, 'ok\n']],
    ['is what is wrong', 'it is late', healthPath, [503, 'it is late\n']],
    ['may be something else', undefined, '/', [404, `try ${healthPath}\n`]],
  ] as const)('%s', async (_what, problem, path, expected) => {
    expect(await ask(problem, path)).toEqual(expected);
  });

  it('is refused where the port is taken', async () => {
    server = await serveHealth(0, { problem: () => undefined });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('it does not listen on TCP');
    await expect(serveHealth(address.port, { problem: () => undefined })).rejects.toThrow('EADDRINUSE');
  });
});
