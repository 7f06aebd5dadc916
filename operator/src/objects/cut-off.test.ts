import { describe, expect, it } from '@jest/globals';
import { CutOffs } from './cut-off.ts';

async function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('cut')), { once: true });
  });
}

describe('work for a cluster', () => {
  const { signal } = new AbortController();

  it('is cut off when the cluster goes, and no other one’s is', async () => {
    const cutOffs = new CutOffs();
    const going = cutOffs.run('n/a', signal, aborted);
    const staying = cutOffs.run('n/b', signal, async (open) => Promise.resolve(open));
    cutOffs.end('n/a');
    expect(await going).toBeUndefined();
    expect((await staying)?.aborted).toBe(false);
    // There is nothing left to end.
    cutOffs.end('n/a');
    expect(await cutOffs.run('n/a', signal, async (open) => Promise.resolve(open.aborted))).toBe(false);
  });

  it('fails as it does by itself, and with the signal', async () => {
    const cutOffs = new CutOffs();
    await expect(cutOffs.run('n/a', signal, async () => Promise.reject(new Error('broken')))).rejects.toThrow(
      'broken',
    );
    const stop = new AbortController();
    const running = cutOffs.run('n/a', stop.signal, aborted);
    stop.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
  });
});
