import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { MessagingError } from './errors.ts';
import { testConsumer, until } from './testing/clients.ts';
import { ScriptedProxy, type Script } from './testing/scripted-proxy.ts';

const never = new AbortController().signal;

jest.setTimeout(60_000);

const small = (id: string, group?: string) => ({
  id,
  body: Buffer.from(id),
  ...(group === undefined ? {} : { group }),
});

describe('MessageConsumer', () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  async function proxyOf(script: Partial<Script> = {}): Promise<ScriptedProxy> {
    const proxy = await ScriptedProxy.start({ role: 'Consumer', ...script });
    cleanups.push(() => proxy.stop());
    return proxy;
  }

  it('bounds its handlers, retries by the customized policy, takes bodies over 4 MiB, and drains', async () => {
    const proxy = await proxyOf({ retry: { kind: 'Customized', maxAttempts: 17 } });
    let running = 0;
    let most = 0;
    const sizes = new Map<string, number>();
    const consumer = testConsumer({
      endpoints: proxy.endpoints,
      concurrency: 3,
      handler: async ({ rocketmqMessageId, body }) => {
        most = Math.max(most, (running += 1));
        sizes.set(rocketmqMessageId, body.length);
        await new Promise((resolve) => setTimeout(resolve, 20));
        running -= 1;
        if (rocketmqMessageId === 'bad') throw new Error('not this one');
      },
    });
    await consumer.start(never);
    const ids = Array.from({ length: 20 }, (_, index) => `m-${index}`);
    proxy.queue.push(...ids.map((id) => small(id)), small('bad'), {
      id: 'big',
      body: Buffer.alloc(5 * 1024 * 1024),
    });
    await until(() => proxy.acks.length === 21 && proxy.nacks.length === 1);
    expect(consumer.readiness()).toEqual({ ready: true, reason: 'receiving' });
    await consumer.stop();

    expect(most).toBe(3);
    expect(proxy.nacks).toEqual([{ id: 'bad', delayMs: 50 }]); // the stock client: 0 ms, a hot loop
    expect(sizes.get('big')).toBe(5 * 1024 * 1024);
    expect(new Set(proxy.acks)).toEqual(new Set([...ids, 'big']));
    expect(proxy.receives.every(({ pollMs }) => pollMs === 200)).toBe(true);
    expect([consumer.state, proxy.terminations]).toEqual(['Stopped', 1]);
    await until(() => proxy.streams.size === 0);
  });

  it('retries an ordered message in place instead of giving it up after one attempt', async () => {
    const proxy = await proxyOf({ fifo: true, retry: { kind: 'Customized', maxAttempts: 3 } });
    const handled: string[] = [];
    const consumer = testConsumer({
      endpoints: proxy.endpoints,
      handler: ({ rocketmqMessageId, attempt, maxAttempts }) => {
        handled.push(`${rocketmqMessageId}:${attempt}/${maxAttempts}`);
        return rocketmqMessageId === 'first' && attempt === 1
          ? Promise.reject(new Error('once'))
          : Promise.resolve();
      },
    });
    cleanups.push(() => consumer.stop());
    await consumer.start(never);
    proxy.queue.push(small('first', 'user'), small('second', 'user'));
    await until(() => proxy.acks.length === 2);
    expect(handled).toEqual(['first:1/3', 'first:2/3', 'second:1/3']);
    expect(proxy.deadLetters).toEqual([]);
  });

  it('holds a message over retryable failures without spending its attempts', async () => {
    const proxy = await proxyOf({ fifo: true, retry: { kind: 'Customized', maxAttempts: 2 } });
    let calls = 0;
    const consumer = testConsumer({
      endpoints: proxy.endpoints,
      handler: ({ attempt }) => {
        expect(attempt).toBe(1);
        calls += 1;
        const away = new MessagingError('HandlerTimeout', 'database away', { retryable: true });
        return calls < 4 ? Promise.reject(away) : Promise.resolve();
      },
    });
    cleanups.push(() => consumer.stop());
    await consumer.start(never);
    proxy.queue.push(small('m', 'user'));
    await until(() => proxy.acks.length === 1);
    expect([calls, proxy.nacks.length, proxy.deadLetters.length]).toEqual([4, 0, 0]);
  });
});
