/** Show 9: whatever a server answers to whatever call. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';
import { requestCodes } from '../../operator/src/rocketmq/codes.ts';
import { RocketmqError } from '../../operator/src/rocketmq/mod.ts';
import { byDepth, seed } from '../e2e/harness/depth.ts';
import { catalogue, type Asked } from './answers/catalogue.ts';
import { problemOf } from './answers/for-people.ts';
import { IllServer, type Outcome } from './answers/ill-server.ts';
import { mutations } from './answers/mutations.ts';
import { samples } from './answers/samples.ts';

jest.setTimeout(3_600_000);

const numRuns = byDepth({ quick: 5_000, full: 120_000 });
const mostBytes = 512 * 1024 * 1024;

/** @returns what is wrong with it */
function wrongOf({ result }: Asked, outcome: Outcome): string | undefined {
  switch (outcome.kind) {
    case 'Hang':
      return 'it never ends';
    case 'Value': {
      const read = result.safeParse(outcome.value);
      return read.success ? undefined : `it is believed: ${JSON.stringify(read.error.issues)}`;
    }
    case 'Error': {
      const { error } = outcome;
      if (!(error instanceof RocketmqError)) return `it fails with ${String(error)}`;
      // A refusal is in the server's own words, and so are names in a body.
      const own = error.message.replaceAll(/\bbody[.[]\S*/g, 'body');
      const problem = error.responseCode === undefined ? problemOf(own) : undefined;
      const long = error.message.length > 4_096 ? 'is too long' : undefined;
      const wrong = problem ?? long;
      return wrong === undefined ? undefined : `its message ${wrong}: ${error.message.slice(0, 500)}`;
    }
    default:
      return outcome satisfies never;
  }
}

describe('an answer of a server', () => {
  const lost: unknown[] = [];
  const onLost = (reason: unknown): void => void lost.push(reason);
  let server: IllServer;
  const codes = new Set<number>();

  beforeAll(async () => {
    process.on('unhandledRejection', onLost);
    server = await IllServer.start(await samples(), (code) => codes.add(code));
  });

  afterAll(async () => {
    process.off('unhandledRejection', onLost);
    await server.stop();
  });

  it.each(catalogue.map((asked) => [asked.name, asked] as const))(
    'to %s is believed when it is well',
    async (_, asked) => {
      const outcome = await server.outcomeOf(asked, undefined);
      expect([outcome.kind, wrongOf(asked, outcome)]).toEqual(['Value', undefined]);
    },
  );

  it('is asked for by every request that there is', () => {
    expect(Object.entries(requestCodes).filter(([, code]) => !codes.has(code))).toEqual([]);
  });

  it('is a result that makes sense or an error that people understand, whatever has become of it', async () => {
    const before = process.memoryUsage.rss();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...catalogue), mutations, async (asked, mutation) => {
        const outcome = await server.outcomeOf(asked, mutation);
        expect(wrongOf(asked, outcome)).toBeUndefined();
        expect(server.pendingCount).toBe(0);
      }),
      { numRuns, seed },
    );
    expect(lost).toEqual([]);
    expect(process.memoryUsage.rss() - before).toBeLessThan(mostBytes);
  });
});
