import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { WorkQueue } from './queue.ts';
import { ManualClock } from './testing/manual-clock.ts';

function newQueue(clock = new ManualClock()) {
  return { clock, queue: new WorkQueue({ clock, random: () => 0 }) };
}

async function takeAll(queue: WorkQueue): Promise<readonly string[]> {
  const keys: string[] = [];
  while (queue.status().ready > 0) {
    const work = await queue.get();
    if (work === undefined) break;
    keys.push(work.key);
    queue.done(work.key);
  }
  return keys;
}

describe('the work queue', () => {
  it('holds a key once and works in the order of adding', async () => {
    const { queue } = newQueue();
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    expect(await takeAll(queue)).toEqual(['a', 'b', 'c']);
  });

  it('lets edits overtake a resync of thousands, also of a key that is queued already', async () => {
    const { queue } = newQueue();
    for (let i = 0; i < 5_000; i += 1) queue.add(`resync-${i}`);
    queue.add('edited', 'High');
    queue.add('resync-4000', 'High');
    expect((await takeAll(queue)).slice(0, 3)).toEqual(['edited', 'resync-4000', 'resync-0']);
  });

  it('does not starve a resync by a flood of edits', async () => {
    const { queue } = newQueue();
    queue.add('resync');
    for (let i = 0; i < 100; i += 1) queue.add(`edit-${i}`, 'High');
    expect((await takeAll(queue)).indexOf('resync')).toBe(16);
  });

  it('says how long a key waited', async () => {
    const { clock, queue } = newQueue();
    queue.add('a');
    await clock.advance(70);
    expect(queue.status()).toMatchObject({ ready: 1, oldestMs: 70 });
    expect(await queue.get()).toEqual({ key: 'a', waitedMs: 70 });
  });

  it('runs a key again when it is added while it is processed, and not before that ends', async () => {
    const { queue } = newQueue();
    queue.add('a');
    await queue.get();
    queue.add('a');
    queue.add('a', 'High');
    expect(queue.status()).toMatchObject({ ready: 0, processing: 1 });
    queue.done('a');
    expect(await takeAll(queue)).toEqual(['a']);
  });

  it('adds later, keeping only the earliest of several', async () => {
    const { clock, queue } = newQueue();
    queue.addAfter('a', 500);
    queue.addAfter('a', 100);
    queue.addAfter('a', 300);
    expect(queue.status()).toMatchObject({ delayed: 1, ready: 0 });
    await clock.advance(99);
    expect(queue.status().ready).toBe(0);
    await clock.advance(1);
    expect(await takeAll(queue)).toEqual(['a']);
    await clock.advance(1_000);
    expect(queue.status()).toMatchObject({ ready: 0, delayed: 0 });
  });

  it('doubles the delay of failures up to its limit, and forgets them', () => {
    const { queue } = newQueue();
    const delays = Array.from({ length: 12 }, () => queue.retry('a'));
    expect(delays.slice(0, 4)).toEqual([200, 400, 800, 1_600]);
    expect(delays.at(-1)).toBe(60_000);
    expect(queue.failures('a')).toBe(12);
    queue.forget('a');
    expect(queue.retry('a')).toBe(200);
    expect(queue.retry('b', { atLeastMs: 5_000 })).toBe(5_000);
    expect(delays.map(() => queue.retry('c', { atMostMs: 1_000 })).at(-1)).toBe(1_000);
    expect(queue.retry('c', { atLeastMs: 5_000, atMostMs: 1_000 })).toBe(5_000);
  });

  it('serves thousands of delays with one timer', async () => {
    const { clock, queue } = newQueue();
    for (let i = 0; i < 3_000; i += 1) queue.addAfter(`k${i}`, 1 + ((i * 7_919) % 1_000));
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(500);
    const due = await takeAll(queue);
    await clock.advance(500);
    expect(due.length + (await takeAll(queue)).length).toBe(3_000);
  });

  it('closes: waiting workers go home, running work is waited for, nothing more is taken', async () => {
    const { clock, queue } = newQueue();
    queue.add('a');
    await queue.get();
    const waiting = queue.get();
    queue.add('b'); // handed out
    expect((await waiting)?.key).toBe('b');
    const idleWorker = queue.get();
    queue.addAfter('c', 10);
    queue.close();
    expect(await idleWorker).toBeUndefined();
    queue.add('d');
    await clock.advance(10);
    expect(await queue.get()).toBeUndefined();
    let isIdle = false;
    const idle = queue.idle().then(() => (isIdle = true));
    queue.done('a');
    await clock.advance(0);
    expect(isIdle).toBe(false);
    queue.done('b');
    await idle;
    expect(clock.pendingTimers).toBe(0);
  });

  it('never hands out a key twice at once and loses no add, whatever happens', async () => {
    const keys = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), key: keys, high: fc.boolean() }),
      fc.record({ do: fc.constant('addAfter' as const), key: keys, ms: fc.integer({ min: -1, max: 50 }) }),
      fc.record({ do: fc.constant('retry' as const), key: keys }),
      fc.record({ do: fc.constant('finish' as const), nth: fc.nat(5) }),
      fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 40 }) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, workers) => {
          const { clock, queue } = newQueue();
          const running = new Map<string, () => void>();
          /** When the last wish for a run of the key was uttered, and when its last run began. */
          const wished = new Map<string, number>();
          const began = new Map<string, number>();
          let sequence = 0;
          const work = async (): Promise<void> => {
            for (let next = await queue.get(); next !== undefined; next = await queue.get()) {
              const { key } = next;
              expect(running.has(key)).toBe(false);
              sequence += 1;
              began.set(key, sequence);
              const { promise, resolve } = Promise.withResolvers<void>();
              running.set(key, resolve);
              await promise;
              running.delete(key);
              queue.done(key);
            }
          };
          const pool = Array.from({ length: workers }, work);
          const wish = (key: string): void => {
            sequence += 1;
            wished.set(key, sequence);
          };
          for (const action of steps) {
            if (action.do === 'advance') await clock.advance(action.ms);
            else if (action.do === 'finish') [...running.values()][action.nth]?.();
            else {
              wish(action.key);
              if (action.do === 'add') queue.add(action.key, action.high ? 'High' : 'Normal');
              else if (action.do === 'addAfter') queue.addAfter(action.key, action.ms);
              else queue.retry(action.key);
            }
          }
          for (let i = 0; i < 20; i += 1) {
            await clock.advance(60_000);
            for (const finish of running.values()) finish();
          }
          await clock.advance(0);
          for (const [key, at] of wished) expect(began.get(key) ?? 0).toBeGreaterThan(at);
          expect(queue.status()).toMatchObject({ ready: 0, processing: 0, delayed: 0 });
          queue.close();
          await Promise.all(pool);
        },
      ),
      { numRuns: 150 },
    );
  }, 60_000);
});
