import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Controller, LeadershipLostError, type ControllerOptions, type RunResult } from './controller.ts';
import { KubeError } from './errors.ts';
import { silentLogger } from './logger.ts';
import { done, type Outcome } from './outcome.ts';
import { ManualClock, settle } from './testing/manual-clock.ts';

function start(reconcile: ControllerOptions['reconcile'], options: Partial<ControllerOptions> = {}) {
  const clock = new ManualClock();
  const results: RunResult[] = [];
  const controller = new Controller({
    name: 'test',
    reconcile,
    workers: 2,
    deadlineMs: 30_000,
    clock,
    random: () => 0.5, // no jitter on polls, three quarters of a backoff
    log: silentLogger,
    metrics: { ran: ({ result }) => results.push(result) },
    ...options,
  });
  const abort = new AbortController();
  const running = controller.run(abort.signal);
  return { clock, controller, results, abort, running };
}

/** Runs the outcomes one after the other for key ns/a, and notes at which times. */
async function timesOf(outcomes: readonly (Outcome | Error)[], totalMs: number): Promise<readonly number[]> {
  const times: number[] = [];
  const { clock, controller, abort, running } = start(async () => {
    const outcome = outcomes[times.length] ?? done;
    times.push(clock.monotonicMs());
    if (outcome instanceof Error) throw outcome;
    return Promise.resolve(outcome);
  });
  controller.enqueue('ns/a');
  await clock.advance(totalMs);
  abort.abort();
  await running;
  return times;
}

const retry = (cause?: unknown): Outcome => ({ kind: 'Retry', reason: 'Broken', message: 'broken', cause });

describe('a controller', () => {
  it('runs a key again as its outcome says', async () => {
    expect(await timesOf([done], 3_600_000)).toEqual([0]);
    expect(await timesOf([{ kind: 'Done', requeueAfterMs: 1_000 }], 10_000)).toEqual([0, 1_000]);
    const wait: Outcome = { kind: 'Wait', reason: 'NotYet', message: 'not yet', pollMs: 2_000 };
    expect(await timesOf([wait, wait], 10_000)).toEqual([0, 2_000, 4_000]);
    expect(await timesOf([retry(), retry(), retry()], 10_000)).toEqual([0, 150, 450, 1_050]);
    expect(await timesOf([{ kind: 'Terminal', reason: 'Bad', message: 'bad' }], 3_600_000)).toEqual([0]);
  });

  it('takes what is thrown as a failure, and starts the backoff anew after a success', async () => {
    expect(await timesOf([new Error('bug'), new Error('bug'), done], 10_000)).toEqual([0, 150, 450]);
    const requeue: Outcome = { kind: 'Done', requeueAfterMs: 100 };
    expect(await timesOf([retry(), requeue, retry()], 10_000)).toEqual([0, 150, 250, 400]);
  });

  it('waits at least as long as the server asked for', async () => {
    const busy = new KubeError('TooManyRequests', 'busy', { retryAfterMs: 5_000 });
    expect(await timesOf([retry(busy)], 10_000)).toEqual([0, 5_000]);
    expect(await timesOf([busy], 10_000)).toEqual([0, 5_000]);
  });

  it('counts attempts', async () => {
    const attempts: number[] = [];
    const { clock, controller, abort, running } = start(async (_, { attempt }) => {
      attempts.push(attempt);
      return Promise.resolve(attempt < 3 ? retry() : done);
    });
    controller.enqueue('ns/a');
    await clock.advance(10_000);
    controller.enqueue('ns/a');
    await clock.advance(0);
    expect(attempts).toEqual([1, 2, 3, 1]);
    abort.abort();
    await running;
  });

  it('aborts a run at its deadline', async () => {
    const { clock, controller, results, abort, running } = start(async (_, { signal }) => {
      await clock.sleep(3_600_000, signal);
      return done;
    });
    controller.enqueue('ns/a');
    await clock.advance(30_001);
    expect(results).toEqual(['Panic']);
    abort.abort();
    await clock.advance(10_000);
    await running;
  });

  it('gives the worker of a run that ignores its deadline to others, and keeps its key locked', async () => {
    const ran: string[] = [];
    const hang = Promise.withResolvers<Outcome>();
    const { clock, controller, results, abort, running } = start(
      async (key) => {
        ran.push(key);
        return key === 'ns/hangs' && ran.length === 1 ? hang.promise : done;
      },
      { workers: 1 },
    );
    controller.enqueue('ns/hangs');
    await clock.advance(0);
    controller.enqueue('ns/hangs');
    controller.enqueue('ns/other');
    await clock.advance(35_000);
    expect(results).toEqual(['Hung', 'Done']);
    expect(ran).toEqual(['ns/hangs', 'ns/other']);
    hang.resolve(done);
    await clock.advance(1_000);
    expect(ran).toEqual(['ns/hangs', 'ns/other', 'ns/hangs']);
    abort.abort();
    await running;
  });

  it('lets runs end within the grace period when stopped, then aborts them', async () => {
    const ends: string[] = [];
    const { clock, controller, abort, running } = start(
      async (key, { signal }) => {
        try {
          await clock.sleep(key === 'ns/quick' ? 5_000 : 60_000, signal);
          ends.push(`${key} ended`);
        } catch {
          ends.push(`${key} aborted`);
        }
        return done;
      },
      { deadlineMs: 120_000 },
    );
    for (const key of ['ns/quick', 'ns/slow', 'ns/queued']) controller.enqueue(key);
    await clock.advance(0);
    abort.abort();
    await clock.advance(9_999);
    expect(ends).toEqual(['ns/quick ended']);
    await clock.advance(1);
    await running;
    expect(ends).toEqual(['ns/quick ended', 'ns/slow aborted']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('grants no grace when leadership is lost', async () => {
    let aborted = false;
    const { clock, controller, abort, running } = start(async (_, { signal }) => {
      await clock.sleep(60_000, signal).catch(() => (aborted = true));
      return done;
    });
    controller.enqueue('ns/a');
    await clock.advance(0);
    abort.abort(new LeadershipLostError('lost'));
    await settle();
    expect(aborted).toBe(true);
    await running;
  });

  it('stops at once when nothing runs, and when it was stopped before it began', async () => {
    const { abort, running } = start(() => Promise.resolve(done));
    abort.abort();
    await running;
    const controller = new Controller({
      name: 'late',
      reconcile: () => Promise.resolve(done),
      workers: 3,
      deadlineMs: 1,
      clock: new ManualClock(),
      random: () => 0,
      log: silentLogger,
    });
    await controller.run(AbortSignal.abort());
    await expect(controller.run(AbortSignal.abort())).rejects.toThrow('runs already');
  });

  it('never runs a key twice at once, whatever its runs do', async () => {
    const behaviour = fc.record({
      tookMs: fc.integer({ min: 0, max: 100 }),
      end: fc.constantFrom('done', 'requeue', 'wait', 'retry', 'terminal', 'throw', 'hang'),
    });
    const event = fc.record({
      key: fc.constantFrom('n/a', 'n/b', 'n/c'),
      afterMs: fc.integer({ min: 0, max: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(behaviour, { maxLength: 20 }),
        fc.array(event, { maxLength: 20 }),
        async (runs, events) => {
          const active = new Set<string>();
          const twice: string[] = [];
          const hanging: (() => void)[] = [];
          let nth = 0;
          const { clock, controller, abort, running } = start(
            async (key) => {
              // A failed expectation here would only be one more run that throws.
              if (active.has(key)) twice.push(key);
              active.add(key);
              const { tookMs, end } = runs[nth] ?? { tookMs: 1, end: 'done' };
              nth += 1;
              if (end === 'hang') {
                const { promise, resolve } = Promise.withResolvers<void>();
                hanging.push(resolve);
                await promise;
              } else await clock.sleep(tookMs);
              active.delete(key);
              if (end === 'throw') throw new Error('thrown');
              if (end === 'requeue') return { kind: 'Done', requeueAfterMs: 10 };
              if (end === 'wait') return { kind: 'Wait', reason: 'W', message: 'w', pollMs: 5 };
              if (end === 'retry') return retry();
              if (end === 'terminal') return { kind: 'Terminal', reason: 'T', message: 't' };
              return done;
            },
            { workers: 3, deadlineMs: 50 },
          );
          for (const { key, afterMs } of events) {
            controller.enqueue(key, { priority: afterMs % 2 === 0 ? 'High' : 'Normal' });
            await clock.advance(afterMs);
          }
          for (let round = 0; round <= runs.length; round += 1) {
            await clock.advance(10_000);
            for (const release of hanging.splice(0)) release();
          }
          await clock.advance(120_000);
          expect(twice).toEqual([]);
          expect(active.size).toBe(0);
          expect(controller.status()).toMatchObject({ ready: 0, processing: 0, delayed: 0 });
          abort.abort();
          await running;
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);
});
