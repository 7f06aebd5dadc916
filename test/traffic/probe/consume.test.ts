import { afterEach, describe, expect, it } from '@jest/globals';
import { readFrame } from '../../e2e/harness/probe/remoting.ts';
import type { Held } from '../record/lines.ts';
import { Connections } from './connection.ts';
import { readQueue } from './consume.ts';
import { answerFrame, closeServers, serve, storedMessage, type TestAnswer } from './testing.ts';

afterEach(closeServers);

const NOT_FOUND = 19;
const MOVED = 21;

/** A queue that gives out two messages at a time; `trouble` answers in its place, once for each entry. */
async function queueOf(bodies: readonly string[], trouble: (TestAnswer | 'close')[] = []) {
  const asked: string[] = [];
  const { address } = await serve((frame, socket) => {
    const { opaque, fields } = readFrame(frame);
    const from = Number(fields['queueOffset']);
    asked.push(`${fields['bname'] ?? ''} ${String(from)}`);
    const instead = trouble.shift();
    if (instead === 'close') socket.destroy();
    else if (instead !== undefined) socket.write(answerFrame(opaque, instead));
    else if (from >= bodies.length) socket.write(answerFrame(opaque, { code: NOT_FOUND }));
    else {
      const batch = bodies.slice(from, from + 2).map((body, index) => storedMessage(from + index, body));
      const next = String(from + batch.length);
      socket.write(
        answerFrame(opaque, { code: 0, fields: { nextBeginOffset: next }, body: Buffer.concat(batch) }),
      );
    }
  });
  return { address, asked };
}

async function read(address: string, finished: (next: number) => boolean): Promise<readonly Held[]> {
  const taken: Held[] = [];
  await readQueue({
    topic: 't',
    queue: 0,
    run: 'run',
    connections: new Connections(),
    address: () => Promise.resolve(address),
    brokerName: 'broker-a',
    take: (held) => taken.push(held),
    finished,
  });
  return taken;
}

describe('readQueue', () => {
  it('reads in order to the end, and only what is of this run', async () => {
    const { address, asked } = await queueOf(['run 1', 'other 1', 'run 2']);
    expect(await read(address, () => true)).toEqual([
      { offset: 0, sequence: 1 },
      { offset: 2, sequence: 2 },
    ]);
    expect(asked).toEqual(['broker-a 0', 'broker-a 2', 'broker-a 3']);
  });

  it('goes on where it was after every kind of trouble', async () => {
    const trouble: (TestAnswer | 'close')[] = ['close', { code: 1, remark: 'no route' }];
    const { address } = await queueOf(['run 1', 'run 2', 'run 3'], trouble);
    expect((await read(address, () => true)).map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  });

  it('does not end while there should be more', async () => {
    const bodies = ['run 1'];
    const { address } = await queueOf(bodies);
    let looks = 0;
    const taken = await read(address, (next) => {
      looks += 1;
      if (looks === 1) bodies.push('run 2');
      return next === 2;
    });
    expect(taken.map(({ sequence }) => sequence)).toEqual([1, 2]);
  });

  it('does not take an answer that is none for the end', async () => {
    const { address } = await queueOf(['run 1'], ['close']);
    const ends: number[] = [];
    await read(address, (next) => ends.push(next) > 0);
    expect(ends).toEqual([1]);
  });

  it('gives up when it is told to', async () => {
    const reading = readQueue({
      topic: 't',
      queue: 0,
      run: 'run',
      connections: new Connections(),
      address: () => Promise.resolve(undefined),
      take: () => undefined,
      finished: () => false,
      givenUp: () => true,
    });
    expect(await reading).toBeUndefined();
  });

  it('skips what the log no longer has, and never goes back', async () => {
    const bodies = ['gone 1', 'run 5', 'run 6'];
    const forward = await queueOf(bodies, [{ code: MOVED, fields: { nextBeginOffset: '1' } }]);
    expect((await read(forward.address, () => true)).map(({ sequence }) => sequence)).toEqual([5, 6]);
    const back = await queueOf(bodies, [
      { code: MOVED, fields: { nextBeginOffset: '2' } },
      { code: MOVED, fields: { nextBeginOffset: '0' } },
    ]);
    expect((await read(back.address, (next) => next === 3)).map(({ sequence }) => sequence)).toEqual([6]);
  });
});
