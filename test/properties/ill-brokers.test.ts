/** Show 9: what servers answer is tampered with while people go on to work. */
import { describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';
import type { Command } from '../../operator/src/rocketmq/codec/command.ts';
import { FrameDecoder } from '../../operator/src/rocketmq/codec/frame.ts';
import { byDepth, seed } from '../e2e/harness/depth.ts';
import { mutations, type Mutation } from './answers/mutations.ts';
import { Run } from './objects/run.ts';
import { steps } from './objects/steps.ts';
import type { MemoryNetwork } from './world/memory-network.ts';

jest.setTimeout(3_600_000);

const numRuns = byDepth({ quick: 25, full: 1_000 });
const maxFrameBytes = 64 * 1024 * 1024;

/** Of what is well-formed and says less than there is nobody can tell that it lies. */
const plain = mutations.filter(({ lies }) => !lies);

describe('servers whose answers are tampered with', () => {
  it('have nothing changed that was not to be, every object says why it is not Ready, and once they are well all is as said', async () => {
    await fc.assert(
      fc.asyncProperty(
        steps(15),
        fc.infiniteStream(plain),
        fc.infiniteStream(fc.nat({ max: 99 })),
        fc.constantFrom(5, 30, 90),
        async (list, ills, dice, percent) => {
          const run = await Run.start(percent);
          run.disturb(tampering(() => (next(dice) < percent ? next(ills) : undefined)));
          try {
            for (const step of list) await run.take(step);
            await run.settle();
            expect(run.isAtRest).toBe(true);
          } finally {
            await run.end();
          }
        },
      ),
      { numRuns, seed },
    );
  });
});

/** @param draw what becomes of the next answer; nothing: it is well */
function tampering(draw: () => Mutation | undefined): MemoryNetwork['disturb'] {
  return (reaction) => {
    if (typeof reaction === 'string') return reaction;
    const mutation = draw();
    const [answer]: readonly Command[] = new FrameDecoder(maxFrameBytes).push(reaction);
    if (mutation === undefined || answer === undefined) return reaction;
    const { bytes, hangUp } = mutation.apply(answer);
    return hangUp ? 'Cut' : bytes;
  };
}

function next<T>(stream: fc.Stream<T>): T {
  const { value, done } = stream.next();
  if (done === true) throw new RangeError('the stream ended');
  return value;
}
