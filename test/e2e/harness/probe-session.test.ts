import { describe, expect, it } from '@jest/globals';
import { setTimeout } from 'node:timers/promises';
import { ProbeSessions } from './probe-session.ts';

/** Answers `who` with its own process id, fails at `fail`, dies at `die`, and says nothing to anything else. */
const PROGRAM = `
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, command } = JSON.parse(line);
    const say = (what) => console.log(JSON.stringify({ id, ...what }));
    if (command === 'who') say({ facts: JSON.stringify(process.pid) });
    if (command === 'fail') say({ failure: 'no such broker' });
    if (command === 'die') { console.error('out of memory'); process.exit(3); }
  });
`;
const IDLE_MS = 100;
const sessions = () => new ProbeSessions(process.execPath, ['-e', PROGRAM], IDLE_MS);

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a session with the probe', () => {
  it('is one process for many questions, also at the same time', async () => {
    const probe = sessions();
    const first = await probe.ask<number>('who', null);
    expect(await Promise.all([probe.ask('who', null), probe.ask('who', null)])).toEqual([first, first]);
  });

  it('ends its process when nobody asks, and starts another one for the next question', async () => {
    const probe = sessions();
    const first = await probe.ask<number>('who', null);
    while (isThere(first)) await setTimeout(10);
    expect(await probe.ask('who', null)).not.toBe(first);
  });

  it('goes on after a failure', async () => {
    const probe = sessions();
    const first = await probe.ask<number>('who', null);
    await expect(probe.ask('fail', null)).rejects.toThrow(/no such broker/);
    expect(await probe.ask('who', null)).toBe(first);
  });

  it('tells every question that the process ended, and starts another one for the next', async () => {
    const probe = sessions();
    const first = await probe.ask<number>('who', null);
    const asked = await Promise.allSettled([probe.ask('silent', null), probe.ask('die', null)]);
    for (const one of asked)
      expect(one).toMatchObject({
        status: 'rejected',
        reason: { message: expect.stringContaining('ended with 3: out of memory') },
      });
    expect(await probe.ask('who', null)).not.toBe(first);
  });
});
