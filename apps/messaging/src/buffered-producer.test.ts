import { describe, expect, it } from '@jest/globals';
import { BufferedProducer, type BufferedProducerOptions } from './buffered-producer.ts';
import type { Clock } from './clock.ts';
import { MessagingError } from './errors.ts';
import type { SendResult } from './message-producer.ts';
import { tradeMessage } from './testing/messages.ts';
import { testMetrics } from './testing/test-metrics.ts';

const never = new AbortController().signal;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A sender whose requests end when the test says, and a clock whose timers do. */
function setUp(changes: Partial<BufferedProducerOptions> = {}) {
  const requests: { readonly ids: readonly string[]; readonly end: (stored?: boolean) => void }[] = [];
  const timers = new Set<() => void>();
  const settled: string[] = [];
  const clock: Clock = {
    now: () => 0,
    after(_delayMs, callback) {
      timers.add(callback);
      return () => timers.delete(callback);
    },
    sleep: () => Promise.resolve(),
  };
  const metrics = testMetrics();
  const producer = new BufferedProducer({
    sender: {
      sendBatch(messages, signal) {
        const ids = messages.map(({ messageId }) => messageId ?? '');
        return new Promise<readonly SendResult[]>((resolve) => {
          const end = (stored = true) => {
            const error = new MessagingError('SendFailed', 'away', { retryable: true });
            resolve(
              ids.map((messageId) =>
                stored
                  ? { kind: 'Stored', messageId, rocketmqMessageId: messageId }
                  : { kind: 'Failed', error },
              ),
            );
          };
          requests.push({ ids, end });
          signal.addEventListener('abort', () => end(false));
          if (signal.aborted) end(false);
        });
      },
    },
    topic: 'trade-topic',
    maxBuffered: 100,
    maxRequests: 1,
    lingerMs: 5,
    onSettled: ({ messageId }, { kind }) => settled.push(`${messageId}:${kind}`),
    clock,
    metrics,
    ...changes,
  });
  const tick = () => {
    for (const callback of Array.from(timers)) {
      timers.delete(callback);
      callback();
    }
  };
  const enqueue = (from: number, to: number, signal = never) =>
    Array.from({ length: to - from + 1 }, (_, index) =>
      producer.enqueue(tradeMessage(String(from + index)), signal),
    );
  return { producer, requests, settled, tick, enqueue, metrics };
}

describe('BufferedProducer', () => {
  it('lets messages share a request for a moment, but a full request goes at once', async () => {
    const { requests, tick, enqueue } = setUp({ maxRequests: 3 });
    await Promise.all(enqueue(1, 2));
    expect(requests).toEqual([]);
    tick();
    await Promise.all(enqueue(3, 34));
    expect(requests.map(({ ids }) => ids.length)).toEqual([2, 32]);
  });

  it('has so many requests at once, and sends what has waited when one ends', async () => {
    const { requests, tick, enqueue, settled } = setUp({ maxRequests: 1 });
    await Promise.all(enqueue(1, 1));
    tick();
    await Promise.all(enqueue(2, 41));
    tick();
    expect(requests.map(({ ids }) => ids.length)).toEqual([1]);
    requests[0]?.end();
    await turn();
    expect(requests.map(({ ids }) => ids.length)).toEqual([1, 32]);
    expect(settled).toEqual(['1:Stored']);
    requests[1]?.end(false);
    await turn();
    expect(requests.map(({ ids }) => ids.length)).toEqual([1, 32, 8]);
    expect(settled.slice(1, 3)).toEqual(['2:Failed', '3:Failed']);
  });

  it('makes who sends wait while it is full, in the order of coming', async () => {
    const { requests, tick, enqueue, metrics } = setUp({ maxBuffered: 3 });
    const taken: number[] = [];
    const all = enqueue(1, 5).map((each, index) => each.then(() => taken.push(index + 1)));
    await turn();
    expect(taken).toEqual([1, 2, 3]);
    expect((await metrics.bufferWaits.get()).values).toEqual([
      { value: 2, labels: { topic: 'trade-topic' } },
    ]);
    expect((await metrics.buffered.get()).values).toMatchObject([{ value: 3 }]);
    tick();
    requests[0]?.end();
    await Promise.all(all);
    expect(taken).toEqual([1, 2, 3, 4, 5]);
  });

  it('lets go of who waits when they give up, or when it stops', async () => {
    const { producer, requests, tick, enqueue, settled } = setUp({ maxBuffered: 1 });
    await Promise.all(enqueue(1, 1));
    const patience = new AbortController();
    const [second] = enqueue(2, 2, patience.signal);
    const [third] = enqueue(3, 3);
    patience.abort();
    await expect(second).rejects.toMatchObject({ code: 'Closed' });
    tick();
    const stopped = producer.stop(1_000);
    await expect(third).rejects.toMatchObject({ code: 'Closed' });
    requests[0]?.end();
    await stopped;
    expect(settled).toEqual(['1:Stored']);
  });

  it('fails what is not stored in time when it stops, and tells of each message', async () => {
    const { producer, tick, enqueue, settled, requests } = setUp({ maxRequests: 1 });
    await Promise.all(enqueue(1, 40));
    const stopped = producer.stop(1_000);
    tick();
    await stopped;
    expect(requests.length).toBe(2);
    expect(settled).toEqual(Array.from({ length: 40 }, (_, index) => `${index + 1}:Failed`));
    await expect(producer.enqueue(tradeMessage('41'), never)).rejects.toMatchObject({ code: 'Closed' });
  });

  it('flushes nothing at once', async () => {
    await expect(setUp().producer.flush()).resolves.toBeUndefined();
  });

  it('is of one topic', async () => {
    const { producer } = setUp({ topic: 'market-topic' });
    await expect(producer.enqueue(tradeMessage('1'), never)).rejects.toThrow('in the buffer of market-topic');
  });
});
