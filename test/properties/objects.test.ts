/** Show 2: whatever people do and whatever fails, over several objects, namespaces and clusters. */
import { describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';
import { byDepth, seed } from '../e2e/harness/depth.ts';
import { Run } from './objects/run.ts';
import { steps } from './objects/steps.ts';

jest.setTimeout(3_600_000);

const numRuns = byDepth({ quick: 60, full: 3_000 });
const longest = byDepth({ quick: 30, full: 60 });

describe('topics, groups and users, whatever people do and whatever fails', () => {
  it('are as their owners say; what nobody declared is as it was, nothing goes unasked, and then nothing is written', async () => {
    await fc.assert(
      fc.asyncProperty(steps(longest), fc.nat({ max: 1_000 }), async (list, luck) => {
        const run = await Run.start(luck);
        try {
          for (const step of list) await run.take(step);
          await run.settle();
          expect(run.isAtRest).toBe(true);
        } finally {
          await run.end();
        }
      }),
      { numRuns, seed },
    );
  });
});
