import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { testConsumer, until } from './testing/clients.ts';
import { ScriptedProxy, type Script } from './testing/scripted-proxy.ts';

const never = new AbortController().signal;

jest.setTimeout(60_000);

describe('stopping a MessageConsumer', () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  async function proxyOf(script: Partial<Script> = {}): Promise<ScriptedProxy> {
    const proxy = await ScriptedProxy.start({ role: 'Consumer', ...script });
    cleanups.push(() => proxy.stop());
    return proxy;
  }

  it('ends a drain whose handler is stuck, tells the handler, and neither acknowledges nor gives up the message', async () => {
    const proxy = await proxyOf({ retry: { kind: 'Customized', maxAttempts: 17 } });
    let told = false;
    const consumer = testConsumer({
      endpoints: proxy.endpoints,
      handlerDeadlineMs: 60_000,
      drainGraceMs: 300,
      handler: (_delivery, signal) =>
        new Promise(() => {
          signal.addEventListener('abort', () => (told = true));
        }),
    });
    await consumer.start(never);
    proxy.queue.push({ id: 'stuck', body: Buffer.from('stuck') });
    await until(() => proxy.queue.length === 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await consumer.stop();
    expect([consumer.state, told, proxy.acks, proxy.deadLetters]).toEqual(['Stopped', true, [], []]);
    await until(() => proxy.streams.size === 0);
  });

  it('stops when the proxy is gone', async () => {
    const proxy = await proxyOf();
    const consumer = testConsumer({
      endpoints: proxy.endpoints,
      drainGraceMs: 500,
      handler: () => Promise.resolve(),
    });
    await consumer.start(never);
    proxy.stop();
    await consumer.stop();
    expect(consumer.state).toBe('Stopped');
    expect(consumer.readiness().ready).toBe(false);
  });

  it('stops while it starts', async () => {
    const proxy = await proxyOf({ silent: true });
    const consumer = testConsumer({ endpoints: proxy.endpoints, handler: () => Promise.resolve() });
    const starting = consumer.start(never);
    await until(() => proxy.streams.size === 1);
    await consumer.stop();
    await expect(starting).rejects.toMatchObject({ code: 'Closed' });
    await until(() => proxy.streams.size === 0);
  });
});
