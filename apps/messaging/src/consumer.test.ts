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

  it('gives a batch handler what waits, up to its size, and settles each message by itself', async () => {
    const proxy = await proxyOf({ retry: { kind: 'Customized', maxAttempts: 17 } });
    const calls: number[] = [];
    const consumer = testConsumer({
      endpoints: proxy.endpoints,
      concurrency: 1,
      tags: ['MATCH_RESULT', 'TRADE_BATCH'],
      handler: {
        maxMessages: 8,
        handle(deliveries) {
          calls.push(deliveries.length);
          return Promise.resolve(
            deliveries.map(({ rocketmqMessageId: id }) =>
              id === 'm-3' ? new Error('not this one') : undefined,
            ),
          );
        },
      },
    });
    cleanups.push(() => consumer.stop());
    proxy.queue.push(...Array.from({ length: 20 }, (_, index) => small(`m-${index}`)));
    await consumer.start(never);
    await until(() => proxy.acks.length === 19 && proxy.nacks.length === 1);
    expect(calls).toEqual([8, 8, 4]);
    expect(proxy.nacks).toEqual([{ id: 'm-3', delayMs: 50 }]);
    expect(proxy.receives[0]?.filter).toBe('MATCH_RESULT || TRADE_BATCH');
  });

  it('acknowledges nothing of a batch whose handler forgot a message', async () => {
    const proxy = await proxyOf({ retry: { kind: 'Customized', maxAttempts: 17 } });
    const consumer = testConsumer({
      endpoints: proxy.endpoints,
      handler: { maxMessages: 8, handle: () => Promise.resolve([undefined]) },
    });
    cleanups.push(() => consumer.stop());
    proxy.queue.push(small('a'), small('b'));
    await consumer.start(never);
    await until(() => proxy.nacks.length === 2);
    expect(proxy.acks).toEqual([]);
  });

  it('tries alone what failed with others because something was away', async () => {
    const proxy = await proxyOf();
    const calls: (readonly string[])[] = [];
    const consumer = testConsumer({
      endpoints: proxy.endpoints,
      concurrency: 1,
      handler: {
        maxMessages: 8,
        handle(deliveries) {
          calls.push(deliveries.map(({ rocketmqMessageId }) => rocketmqMessageId));
          const away = new MessagingError('HandlerTimeout', 'database away', { retryable: true });
          return calls.length === 1 ? Promise.reject(away) : Promise.resolve(deliveries.map(() => undefined));
        },
      },
    });
    cleanups.push(() => consumer.stop());
    proxy.queue.push(small('a'), small('b'));
    await consumer.start(never);
    await until(() => proxy.acks.length === 2);
    expect(calls).toEqual([['a', 'b'], ['a'], ['b']]);
  });

  it('gives up after 16 attempts, an ordered message in place and a second apart', async () => {
    const proxy = await proxyOf({ fifo: true, retry: { kind: 'Customized', maxAttempts: 17 } });
    const attempts: string[] = [];
    const consumer = testConsumer({
      endpoints: proxy.endpoints,
      suspendMs: 5,
      handler({ attempt, maxAttempts }) {
        attempts.push(`${attempt}/${maxAttempts}`);
        return Promise.reject(new Error('never'));
      },
    });
    cleanups.push(() => consumer.stop());
    proxy.queue.push(small('poison', 'user'));
    await consumer.start(never);
    await until(() => proxy.deadLetters.length === 1);
    expect(attempts).toEqual(Array.from({ length: 16 }, (_, index) => `${index + 1}/16`));
  });

  it('hands over a message whose body is not what was sent, and says so', async () => {
    const proxy = await proxyOf({ fifo: true });
    const seen: (readonly [string, boolean])[] = [];
    const consumer = testConsumer({
      endpoints: proxy.endpoints,
      handler: ({ rocketmqMessageId, corrupted }) =>
        Promise.resolve(void seen.push([rocketmqMessageId, corrupted])),
    });
    cleanups.push(() => consumer.stop());
    proxy.queue.push({ ...small('bad', 'user'), corrupted: true }, small('good', 'user'));
    await consumer.start(never);
    await until(() => proxy.acks.length === 2);
    expect(seen).toEqual([
      ['bad', true],
      ['good', false],
    ]);
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
