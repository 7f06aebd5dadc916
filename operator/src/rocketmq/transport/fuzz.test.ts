import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { encodeFrame } from '../codec/frame.ts';
import { RocketmqError } from '../errors.ts';
import { anyCommand, chunksOf } from '../testing/arbitraries.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { ScriptedServer } from '../testing/scripted-server.ts';
import { ConnectionPool } from './pool.ts';

const request = { code: 105, extFields: {}, body: Buffer.alloc(0) };
const timeoutMs = 5000;

/** What a server may send when something is wrong with it, and whether it then hangs up. */
const answer = fc
  .oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    anyCommand.map((command) => encodeFrame(command, command.opaque % 2 === 0 ? 'JSON' : 'ROCKETMQ')),
    fc.tuple(anyCommand, fc.nat(), fc.nat({ max: 255 })).map(([command, at, value]) => {
      const bytes = encodeFrame({ ...command, opaque: 1, flag: 1 });
      bytes[at % bytes.length] = value;
      return bytes;
    }),
    fc.tuple(anyCommand, fc.nat()).map(([command, at]) => {
      const bytes = encodeFrame({ ...command, opaque: 1, flag: 1 });
      return bytes.subarray(0, at % bytes.length);
    }),
    fc.integer({ min: 0, max: 0xffff_ffff }).map((length) => {
      const bytes = Buffer.alloc(12);
      bytes.writeUInt32BE(length);
      return bytes;
    }),
  )
  .chain((bytes) => fc.record({ chunks: chunksOf(bytes), hangUp: fc.boolean() }));

describe('a server that sends anything', () => {
  it('never crashes the client, never keeps a call waiting past its deadline, never stops the next one', async () => {
    let misbehave: { readonly chunks: readonly Buffer[]; readonly hangUp: boolean } | undefined;
    const server = await ScriptedServer.listen(({ socket, reply }) => {
      if (misbehave === undefined) return reply();
      for (const chunk of misbehave.chunks) socket.write(chunk);
      if (misbehave.hangUp) socket.end();
    });
    const clock = new ManualClock();
    const options = { connectTimeoutMs: 3000, maxFrameBytes: 64 * 1024, idleTimeoutMs: 60_000 };
    const pool = new ConnectionPool({ ...options, clock, random: Math.random });
    /** Gives the loopback its turns, then lets the deadline pass. */
    const callsThatEnd = async (count: number) => {
      const calls = Array.from({ length: count }, () => pool.call(server.address, request, { timeoutMs }));
      const results = Promise.allSettled(calls);
      for (let turn = 0; turn < 30 && pool.pendingCount > 0; turn++) await nextTurn();
      clock.advance(timeoutMs);
      return results;
    };
    try {
      await fc.assert(
        fc.asyncProperty(answer, async (script) => {
          misbehave = script;
          const odd = (await callsThatEnd(2)).filter(
            (result) => result.status === 'rejected' && !(result.reason instanceof RocketmqError),
          );
          expect(odd).toEqual([]);
          expect(pool.pendingCount).toBe(0);

          // What was left over of the bad answer may still spoil the connection that the next call meets.
          misbehave = undefined;
          await callsThatEnd(1);
          const [next] = await callsThatEnd(1);
          expect(next).toMatchObject({ status: 'fulfilled', value: { code: 0 } });
        }),
        { numRuns: 60 },
      );
    } finally {
      pool.close();
      await server.close();
    }
    expect(clock.timerCount).toBe(0);
  }, 60_000);
});
