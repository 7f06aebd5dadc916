import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../kube/testing/manual-clock.ts';
import type { SyncState } from '../rocketmq/mod.ts';
import { glanceOf, keepGlancing, type Glance } from './glance.ts';
import type { Answers } from './observe.ts';

const LEADER = 'c-0:9878';

const state = (over: Partial<SyncState> = {}): SyncState => ({
  masterBrokerId: 1,
  masterAddress: 'a-0:10911',
  masterEpoch: 3,
  syncStateSetEpoch: 5,
  inSync: [
    { brokerId: 1, address: 'a-0:10911', alive: true },
    { brokerId: 2, address: 'a-1:10911', alive: true },
  ],
  notInSync: [],
  ...over,
});

const answers = (
  syncStates: Answers['syncStates'],
  isLeader = true,
): Pick<Answers, 'controllers' | 'syncStates'> => ({
  controllers: new Map([[LEADER, { known: true, value: { group: 'x', isLeader, peers: [] } }]]),
  syncStates,
});

const seen = (): Glance | undefined => glanceOf(answers({ known: true, value: new Map([['a', state()]]) }));

/** Three seconds with controllers that say this; @returns which clusters were looked at for it */
async function told(glances: ReadonlyMap<string, Glance | undefined>, say: () => Promise<SyncState>) {
  const clock = new ManualClock();
  const stop = new AbortController();
  const changed: string[] = [];
  const asked: string[] = [];
  const syncState = async (groups: readonly string[]) => {
    asked.push(groups.join());
    return new Map([['a', await say()]]);
  };
  const rocketmq = { controller: () => ({ syncState }) };
  const running = keepGlancing(
    { rocketmq, clock },
    () => glances,
    (key) => changed.push(key),
    stop.signal,
  );
  await clock.advance(3_000);
  stop.abort();
  await clock.advance(0);
  await running;
  return { changed, asked };
}

describe('a glance', () => {
  it.each<[string, Partial<SyncState>]>([
    ['another master', { masterAddress: 'a-1:10911', masterEpoch: 4 }],
    ['no master', { masterEpoch: 3, inSync: [] }],
    ['another sync-state set', { syncStateSetEpoch: 6 }],
    [
      'a member that is not alive any more',
      { inSync: [{ brokerId: 1, address: 'a-0:10911', alive: false }] },
    ],
  ])('tells of %s', async (_what, over) => {
    const { changed } = await told(new Map([['prod/x', seen()]]), async () => state(over));
    expect(changed).toEqual(['prod/x', 'prod/x', 'prod/x']);
  });

  it('tells nothing of what the pass saw already, in whatever order it comes', async () => {
    const inSync = state().inSync.toReversed();
    const { changed, asked } = await told(new Map([['prod/x', seen()]]), async () => state({ inSync }));
    expect(changed).toEqual([]);
    expect(asked).toEqual(['a', 'a', 'a']);
  });

  it('takes silence for no news', async () => {
    const { changed } = await told(new Map([['prod/x', seen()]]), () => Promise.reject(new Error('silence')));
    expect(changed).toEqual([]);
  });

  it('asks nobody where the pass did not learn who leads, or nobody elects', async () => {
    expect(glanceOf(answers({ known: true, value: new Map() }, false))).toBeUndefined();
    expect(glanceOf(answers({ known: false, why: 'it hangs' }))).toBeUndefined();
    expect((await told(new Map([['prod/x', undefined]]), async () => state())).asked).toEqual([]);
  });
});
