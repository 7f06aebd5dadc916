import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
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
    let done: () => void = () => {};
    const server = await ScriptedServer.listen(({ socket, reply }) => {
      if (misbehave === undefined) return reply();
      for (const chunk of misbehave.chunks) socket.write(chunk);
      if (misbehave.hangUp) socket.end(done);
      else socket.write('', done);
    });
    const clock = new ManualClock();
    const options = { connectTimeoutMs: 3000, maxFrameBytes: 64 * 1024, idleTimeoutMs: 60_000 };
    const pool = new ConnectionPool({ ...options, clock, random: Math.random });
    const call = () => pool.call(server.address, request, { timeoutMs });
    try {
      await fc.assert(
        fc.asyncProperty(answer, async (script) => {
          misbehave = script;
          const sent = new Promise<void>((resolve) => (done = resolve));
          const calls = [call(), call()];
          await sent;
          clock.advance(timeoutMs);
          for (const result of await Promise.allSettled(calls)) {
            if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(RocketmqError);
          }
          expect(pool.pendingCount).toBe(0);

          // What was left over of the bad answer may still spoil the connection that this call meets.
          misbehave = undefined;
          const next = await call().catch(() => call());
          expect(next.code).toBe(0);
        }),
        { numRuns: 150 },
      );
    } finally {
      pool.close();
      await server.close();
    }
    expect(clock.timerCount).toBe(0);
  });
});
