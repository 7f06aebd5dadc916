import { describe, expect, it } from '@jest/globals';
import { Places } from './places.ts';

const never = new AbortController().signal;

describe('Places', () => {
  it('are taken up to the limit, then handed over in the order of coming', async () => {
    const places = new Places(2);
    expect(await Promise.all([places.take(never), places.take(never)])).toEqual([true, true]);
    const order: string[] = [];
    const first = places.take(never).then(() => order.push('first'));
    const second = places.take(never).then(() => order.push('second'));
    expect([places.held, places.takeNow()]).toEqual([2, false]);
    places.release(1);
    await first;
    // The place is handed over: a newcomer has to wait, too.
    expect([order, places.takeNow()]).toEqual([['first'], false]);
    places.release(2);
    await second;
    expect([order, places.held]).toEqual([['first', 'second'], 1]);
  });

  it('go to the next who still waits', async () => {
    const places = new Places(1);
    await places.take(never);
    const gone = new AbortController();
    const first = places.take(gone.signal);
    const second = places.take(never);
    gone.abort();
    places.release(1);
    expect(await Promise.all([first, second])).toEqual([false, true]);
  });

  it('are not lost when who is given one gives up at the same time', async () => {
    const places = new Places(1);
    await places.take(never);
    const gone = new AbortController();
    const first = places.take(gone.signal);
    places.release(1);
    gone.abort();
    expect([await first, places.held]).toEqual([true, 1]);
  });

  it('are not for those who have given up', async () => {
    expect(await new Places(1).take(AbortSignal.abort())).toBe(false);
  });

  it('refuse a limit that is none', () => {
    expect(() => new Places(0)).toThrow(RangeError);
  });
});
