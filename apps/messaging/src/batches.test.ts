import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Batches } from './batches.ts';

describe('Batches', () => {
  it('starts at once, and puts together what comes while it is busy', async () => {
    const calls: (readonly number[])[] = [];
    const gates: (() => void)[] = [];
    const batches = new Batches<number, number>({
      concurrency: 2,
      maxItems: 3,
      run(items) {
        calls.push(items);
        return new Promise((resolve) => gates.push(() => resolve(items.map((item) => item * 10))));
      },
    });
    const results = [1].map((item) => batches.submit(item));
    await Promise.resolve();
    results.push(...[2, 3, 4, 5, 6, 7, 8].map((item) => batches.submit(item)));
    await Promise.resolve();
    expect(calls).toEqual([[1], [2, 3, 4]]);
    expect(batches.running).toBe(2);
    while (gates.length > 0) {
      gates.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(calls).toEqual([[1], [2, 3, 4], [5, 6, 7], [8]]);
    expect(await Promise.all(results)).toEqual([10, 20, 30, 40, 50, 60, 70, 80]);
  });

  it('runs alone what is to run alone', async () => {
    const calls: (readonly number[])[] = [];
    const batches = new Batches<number, undefined>({
      concurrency: 10,
      maxItems: 10,
      run(items) {
        calls.push(items);
        return Promise.resolve([]);
      },
    });
    await Promise.all([1, 2, 3, 4, 5].map((item) => batches.submit(item, item === 3)));
    expect(calls).toEqual([[1, 2], [3], [4, 5]]);
  });

  it('keeps its bounds, and gives each item its own result', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 60 }),
        async (concurrency, maxItems, turns) => {
          let running = 0;
          const batches = new Batches<number, string>({
            concurrency,
            maxItems,
            async run(items) {
              running += 1;
              expect(running).toBeLessThanOrEqual(concurrency);
              expect(items.length).toBeLessThanOrEqual(maxItems);
              for (let turn = turns[items[0] ?? 0] ?? 0; turn > 0; turn -= 1) await Promise.resolve();
              running -= 1;
              return items.map(String);
            },
          });
          const results = await Promise.all(turns.map((_turn, index) => batches.submit(index)));
          expect(results).toEqual(turns.map((_turn, index) => String(index)));
          expect(batches.running).toBe(0);
        },
      ),
    );
  });

  it('refuses limits that are none', () => {
    const run = () => Promise.resolve([]);
    expect(() => new Batches({ concurrency: 0, maxItems: 1, run })).toThrow(RangeError);
    expect(() => new Batches({ concurrency: 1, maxItems: 1.5, run })).toThrow(RangeError);
  });
});
