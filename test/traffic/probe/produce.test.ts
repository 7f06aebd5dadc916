import { afterEach, describe, expect, it } from '@jest/globals';
import { readFrame } from '../../e2e/harness/probe/remoting.ts';
import type { Acknowledged, Sent } from '../record/lines.ts';
import { Connections } from './connection.ts';
import { mayBeStored, produce } from './produce.ts';
import { answerFrame, closeServers, serve } from './testing.ts';

const answered = (code: number, remark = '') => ({
  kind: 'Answered' as const,
  answer: { code, remark, fields: {}, body: '', bytes: Buffer.alloc(0), opaque: 1 },
});

it.each([
  ['no answer', { kind: 'Unanswered' as const }, true],
  ['never sent', { kind: 'Unsent' as const }, false],
  ['flushed to the replica too late', answered(12), true],
  ['an error of any kind', answered(1, 'UNKNOWN_ERROR'), true],
  ['too few in sync', answered(1, 'in-sync replicas not enough'), false],
  ['the disk is full, or the broker no master', answered(14), false],
  ['busy', answered(2), false],
])('%s: may be stored?', (_what, outcome, stored) => {
  expect(mayBeStored(outcome)).toBe(stored);
});

const lane = {
  question: {
    cluster: { nameServers: [], controllers: [], cluster: 'c', groups: [] },
    proxy: '',
    topic: 't',
    queues: 1,
    run: 'run',
    perSecond: 1_000,
    sendTimeoutMs: 2_000,
  },
  group: 'g',
  queue: 0,
  periodMs: 1,
} as const;

describe('produce', () => {
  afterEach(closeServers);

  it('repeats a number until it is acknowledged, and counts the sends whose outcome nobody knows', async () => {
    const bodies: string[] = [];
    const { address } = await serve((frame, socket) => {
      const { opaque, body } = readFrame(frame);
      bodies.push(body);
      const [code, remark] = [
        [0, ''],
        undefined, // no answer
        [1, 'in-sync replicas not enough'],
        [12, 'FLUSH_SLAVE_TIMEOUT'],
      ][bodies.length - 1] ?? [0, ''];
      if (bodies.length === 2) socket.destroy();
      else socket.write(answerFrame(opaque, { code: Number(code), remark: String(remark) }));
    });
    const failed: (string | undefined)[] = [];
    const acknowledged: Acknowledged[] = [];
    const unfinished: Sent[] = [];
    await produce({
      ...lane,
      connections: new Connections(),
      masters: {
        find: (_group, last) => {
          failed.push(last);
          return Promise.resolve(address);
        },
      },
      stopped: () => acknowledged.length === 2,
      givenUp: () => false,
      acknowledged: (sent) => acknowledged.push(sent),
      unfinished: (sent) => unfinished.push(sent),
    });
    expect(bodies).toEqual(['run 1', 'run 2', 'run 2', 'run 2', 'run 2']);
    expect(acknowledged).toMatchObject([
      { sequence: 1, unknown: 0, attempts: 1 },
      { sequence: 2, unknown: 2, attempts: 4 },
    ]);
    expect(unfinished).toEqual([]);
    expect(failed).toEqual([undefined, undefined, address, address, address]);
  });

  it('says what it gave up', async () => {
    const unfinished: Sent[] = [];
    let finds = 0;
    await produce({
      ...lane,
      connections: new Connections(),
      masters: {
        find: () => {
          finds += 1;
          return Promise.resolve(undefined);
        },
      },
      stopped: () => finds > 0,
      givenUp: () => finds > 1,
      acknowledged: () => undefined,
      unfinished: (sent) => unfinished.push(sent),
    });
    expect(unfinished).toEqual([{ sequence: 1, unknown: 0 }]);
  });
});
