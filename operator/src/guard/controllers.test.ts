import { describe, expect, it } from '@jest/globals';
import type { ControllerMetadata, SyncState } from '../rocketmq/mod.ts';
import { createControllers } from './controllers.ts';
import type { Word } from './stance.ts';

type Said = Word | 'Silent';

const OWN = '10.0.0.1:10911';
const OTHER = '10.0.0.2:10911';

const state = (over: Partial<SyncState> = {}): SyncState => ({
  masterBrokerId: 1,
  masterAddress: OWN,
  masterEpoch: 3,
  syncStateSetEpoch: 5,
  inSync: [
    { brokerId: 1, address: OWN, alive: true },
    { brokerId: 2, address: OTHER, alive: true },
  ],
  notInSync: [],
  ...over,
});

const { masterBrokerId: _id, masterAddress: _address, ...masterless } = state();

/** What one controller does; absent: it does not answer. */
interface Controller {
  readonly leads?: () => Promise<boolean>;
  readonly states?: ReadonlyMap<string, SyncState>;
}

const leader = (of: SyncState = state()): Controller => ({
  leads: () => Promise.resolve(true),
  states: new Map([['a', of]]),
});
/** It has an answer to give, so that a question to it would be noticed. */
const follower: Controller = { ...leader(), leads: () => Promise.resolve(false) };
const away: Controller = {};

/** Three controllers; `become` has them change. */
function controllersOf(...controllers: readonly [Controller, Controller, Controller]) {
  let current: readonly Controller[] = controllers;
  let asked: string[] = [];
  const addresses = ['c-0', 'c-1', 'c-2'];
  const silence = (): Promise<never> => Promise.reject(new Error('silence'));
  const controller = (address: string) => {
    const { leads, states } = current[addresses.indexOf(address)] ?? away;
    return {
      metadata: async (): Promise<ControllerMetadata> => {
        asked.push(`${address} metadata`);
        return { group: 'x', isLeader: await (leads ?? silence)(), peers: [] };
      },
      syncState: async (groups: readonly string[]) => {
        asked.push(`${address} ${groups.join()}`);
        return states ?? silence();
      },
    };
  };
  const subject = createControllers({
    rocketmq: { controller },
    addresses,
    group: 'a',
    address: OWN,
    callTimeoutMs: 700,
  });
  return {
    become: (...next: readonly [Controller, Controller, Controller]) => {
      current = next;
    },
    /** @returns the word, and what it took */
    ask: async (): Promise<{ readonly word: Said; readonly calls: readonly string[] }> => {
      asked = [];
      const { signal } = new AbortController();
      const word = (await subject.askLeader(signal)) ?? (await subject.askEverybody(signal));
      return { word: word ?? 'Silent', calls: asked };
    },
  };
}

const wordOf = async (...controllers: readonly [Controller, Controller, Controller]): Promise<Said> =>
  (await controllersOf(...controllers).ask()).word;

const everybody = ['c-0 metadata', 'c-1 metadata', 'c-2 metadata'];

describe('the word of the controllers', () => {
  it.each<[string, SyncState, Word]>([
    ['has this one as master, and hears of it', state(), 'Confirmed'],
    ['has another one', state({ masterBrokerId: 2, masterAddress: OTHER }), 'Replaced'],
    ['has none', masterless, 'Unconfirmed'],
    [
      'does not hear of this one',
      state({
        inSync: [
          { brokerId: 1, address: OWN, alive: false },
          { brokerId: 2, address: OTHER, alive: true },
        ],
      }),
      'Unconfirmed',
    ],
    [
      'does not list this one as in sync',
      state({ inSync: [{ brokerId: 2, address: OTHER, alive: true }] }),
      'Unconfirmed',
    ],
  ])('of a leader that %s', async (_that, of, expected) => {
    expect(await wordOf(follower, leader(of), follower)).toBe(expected);
  });

  it('is none about a group that they do not know', async () => {
    expect(await wordOf({ ...leader(), states: new Map([['b', state()]]) }, follower, follower)).toBe(
      'Unconfirmed',
    );
  });

  it('is silence when nobody leads, and then no follower is asked about the group', async () => {
    expect(await controllersOf(follower, away, follower).ask()).toEqual({ word: 'Silent', calls: everybody });
  });

  it('is silence when the one that claims to lead has no majority to answer by', async () => {
    const { leads } = leader();
    expect(await wordOf(follower, { ...(leads && { leads }) }, follower)).toBe('Silent');
  });

  it('does not wait for a controller that hangs', async () => {
    expect(await wordOf({ leads: () => new Promise(() => undefined) }, away, leader())).toBe('Confirmed');
  });
});

describe('the leader', () => {
  it('is remembered, and then asked alone', async () => {
    const controllers = controllersOf(follower, leader(), follower);
    expect(await controllers.ask()).toEqual({ word: 'Confirmed', calls: [...everybody, 'c-1 a'] });
    expect(await controllers.ask()).toEqual({ word: 'Confirmed', calls: ['c-1 a'] });
    controllers.become(follower, leader(state({ masterAddress: OTHER })), follower);
    expect(await controllers.ask()).toEqual({ word: 'Replaced', calls: ['c-1 a'] });
  });

  it('that is gone is looked for among all of them, in the same question', async () => {
    const controllers = controllersOf(follower, leader(), follower);
    await controllers.ask();
    controllers.become(follower, away, leader(state({ masterAddress: OTHER })));
    expect(await controllers.ask()).toEqual({ word: 'Replaced', calls: ['c-1 a', ...everybody, 'c-2 a'] });
    expect(await controllers.ask()).toEqual({ word: 'Replaced', calls: ['c-2 a'] });
  });

  it('is found again after a time without any', async () => {
    const controllers = controllersOf(leader(), follower, follower);
    await controllers.ask();
    controllers.become(away, follower, follower);
    expect((await controllers.ask()).word).toBe('Silent');
    expect(await controllers.ask()).toEqual({ word: 'Silent', calls: everybody });
    controllers.become(away, leader(), follower);
    expect(await controllers.ask()).toEqual({ word: 'Confirmed', calls: [...everybody, 'c-1 a'] });
  });
});
