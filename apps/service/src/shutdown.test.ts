import { Agent, createServer, get, Server } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { createAdaptorServer } from '@hono/node-server';
import { systemClock, type Clock } from '@gantry/messaging';
import { Hono } from 'hono';
import { closeServer } from './shutdown.ts';

/** Nothing is waited for before the server closes. */
const clock: Clock = { ...systemClock, sleep: () => Promise.resolve() };

async function serverOf(app: Hono): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createAdaptorServer({ fetch: app.fetch, createServer });
  if (!(server instanceof Server)) throw new Error('the HTTP adaptor made another kind of server');
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { server, url: `http://127.0.0.1:${String(address.port)}/` };
}

function ask(url: string, agent: Agent): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    }).once('error', reject);
  });
}

describe('a server that closes', () => {
  it('lets go of a client that goes on to use its connection', async () => {
    const begun = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const app = new Hono().get('/', async (context) => {
      begun.resolve();
      await answer.promise;
      context.header('Connection', 'close');
      return context.text('ok');
    });
    const { server, url } = await serverOf(app);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const answers: (number | undefined)[] = [];
    const client = (async (): Promise<never> => {
      for (;;) answers.push(await ask(url, agent));
    })();
    const end = client.catch((error: unknown) => error);
    await begun.promise;
    const closing = closeServer(server, clock);
    // What is idle is closed by then; this connection is not.
    await new Promise((resolve) => setImmediate(resolve));
    answer.resolve();
    await closing;
    expect(await end).toMatchObject({ code: 'ECONNREFUSED' });
    agent.destroy();
    expect(answers).toEqual([200]);
  });

  it('answers what is under way, and ends what takes too long', async () => {
    const begun = Promise.withResolvers<void>();
    const app = new Hono().get('/', () => {
      begun.resolve();
      return new Promise<Response>(() => undefined);
    });
    const { server, url } = await serverOf(app);
    const end = ask(url, new Agent()).catch((error: unknown) => error);
    await begun.promise;
    const timeUp = Promise.withResolvers<() => void>();
    const closing = closeServer(server, {
      ...clock,
      after: (_delayMs, callback) => {
        timeUp.resolve(callback);
        return () => undefined;
      },
    });
    (await timeUp.promise)();
    await closing;
    expect(await end).toMatchObject({ code: 'ECONNRESET' });
  });
});
