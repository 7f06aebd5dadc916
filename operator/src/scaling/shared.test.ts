import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../kube/testing/manual-clock.ts';
import { Shared } from './shared.ts';

function setUp(answer: () => Promise<number>) {
  const clock = new ManualClock();
  const shared = new Shared<number>(clock, () => 1_000);
  const ask = async (): Promise<number> => {
    const told = await shared.of('a', async () => {
      await clock.sleep(100);
      return answer();
    });
    return told.value;
  };
  return { clock, ask };
}

describe('Shared', () => {
  it('asks once for all who want to know, until the answer is old', async () => {
    let answers = 0;
    const { clock, ask } = setUp(() => Promise.resolve((answers += 1)));
    const both = Promise.all([ask(), ask()]);
    await clock.advance(100);
    expect(await both).toEqual([1, 1]);
    await clock.advance(999);
    expect(await ask()).toBe(1);
    await clock.advance(1);
    const later = ask();
    await clock.advance(100);
    expect(await later).toBe(2);
  });

  it('does not ask a silent server again for a while', async () => {
    let answers = 0;
    const { clock, ask } = setUp(() => Promise.reject(new Error(`silence ${(answers += 1)}`)));
    const first = ask().catch(String);
    await clock.advance(100);
    expect(await first).toContain('silence 1');
    await clock.advance(4_999);
    await expect(ask()).rejects.toThrow('silence 1');
    await clock.advance(1);
    const second = ask().catch(String);
    await clock.advance(100);
    expect(await second).toContain('silence 2');
  });
});
