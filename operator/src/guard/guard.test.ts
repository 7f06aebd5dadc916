import { describe, expect, it } from '@jest/globals';
import { guarded, LEASE, Scene, type Said } from './testing/scene.ts';

// Words change between two questions, so that nothing hangs on which of two timers of one moment comes first.

describe('a master that the controllers confirm', () => {
  it('is never touched, not even while the guard that starts beside it waits for the first answer', async () => {
    const scene = new Scene();
    const say = async (): Promise<Said> => {
      await scene.clock.sleep(600);
      return 'Confirmed';
    };
    const running = Object.assign(scene, { say }).run();
    await scene.clock.advance(60_000);
    expect(scene.set).toEqual([]);
    expect(scene.told).toEqual([]);
    expect(scene.asked).toBeGreaterThan(30);
    expect([...scene.turned].toSorted()).toEqual(['ask', 'look']);
    scene.stop.abort();
    await scene.clock.advance(600);
    await running;
  });
});

describe('a master that the controllers do not confirm', () => {
  it('is closed when its lease is over, counted from the last question that was answered', async () => {
    const { set, told } = await guarded({}, async (scene) => {
      await scene.clock.advance(3_200);
      scene.word = 'Silent';
      await scene.clock.advance(20_000);
    });
    expect(set).toEqual([`${3_000 + LEASE} closed`]);
    expect(told).toHaveLength(1);
  });

  it('counts from the question, not from an answer that took its time', async () => {
    const { set } = await guarded({}, async (scene) => {
      await scene.clock.advance(3_200);
      const { promise, resolve } = Promise.withResolvers<Said>();
      scene.say = () => promise;
      await scene.clock.advance(2_500);
      scene.say = () => Promise.resolve('Silent');
      resolve('Confirmed');
      await scene.clock.advance(20_000);
    });
    expect(set).toEqual([`${4_000 + LEASE} closed`]);
  });

  it('is given its lease by another leader from when that one was asked', async () => {
    const { set } = await guarded({}, async (scene) => {
      await scene.clock.advance(3_200);
      // The one that led hangs, and says nothing for so long.
      scene.leaderSilentMs = 1_500;
      await scene.clock.advance(2_500);
      Object.assign(scene, { leaderSilentMs: 0, word: 'Silent' });
      await scene.clock.advance(20_000);
    });
    // Asked at 4 s, and everybody 1.5 s later.
    expect(set).toEqual([`${5_500 + LEASE} closed`]);
  });

  it('is opened again when they do', async () => {
    const { set, told } = await guarded({}, async (scene) => {
      await scene.clock.advance(3_200);
      scene.word = 'Silent';
      await scene.clock.advance(7_000);
      expect(scene.state).toBe('closed');
      scene.word = 'Confirmed';
      await scene.clock.advance(1_400);
      expect(scene.state).toBe('open');
      await scene.clock.advance(20_000);
    });
    expect(set).toHaveLength(2);
    expect(told).toHaveLength(2);
  });

  it('stays open for its lease when they answer without a word about it', async () => {
    const { set } = await guarded({}, async (scene) => {
      await scene.clock.advance(3_200);
      scene.word = 'Unconfirmed';
      await scene.clock.advance(20_000);
    });
    expect(set).toEqual([`${3_000 + LEASE} closed`]);
  });

  it('has its whole lease from its election on, however old their last word is', async () => {
    const { set } = await guarded({}, async (scene) => {
      await scene.clock.advance(5_200);
      Object.assign(scene, { role: 'SLAVE', word: 'Silent' });
      await scene.clock.advance(55_000);
      expect(scene.asked).toBe(7); // nobody asks about a replica
      scene.role = 'SYNC_MASTER';
      await scene.clock.advance(20_000);
    });
    // Last seen as a replica at 60 s.
    expect(set).toEqual([`${60_000 + LEASE} closed`]);
  });

  it('is closed at once where the guard finds it so, and has nothing that speaks for it', async () => {
    const { set } = await guarded({ word: 'Silent' }, (scene) => scene.clock.advance(3_000));
    expect(set).toEqual(['0 closed']);
  });
});

describe('a master that hangs', () => {
  it.each(['Silent', 'Unconfirmed', 'Confirmed'] as const)(
    'is not ended while nobody replaced it (the controllers: %s)',
    async (word) => {
      const { ended } = await guarded({}, async (scene) => {
        await scene.clock.advance(3_200);
        Object.assign(scene, { answers: false, word });
        await scene.clock.advance(60_000);
      });
      expect(ended).toEqual([]);
    },
  );
});

describe('a master that another one replaced', () => {
  it('is ended when it hangs', async () => {
    const { ended, told } = await guarded({}, async (scene) => {
      await scene.clock.advance(3_200);
      Object.assign(scene, { answers: false, word: 'Unconfirmed' });
      await scene.clock.advance(8_000);
      scene.word = 'Replaced';
      await scene.clock.advance(20_000);
    });
    expect(ended.length).toBe(1);
    expect(ended[0]).toBeLessThanOrEqual(12_500);
    expect(told.at(-1)).toBe('ended the broker: it was replaced, and hangs');
  });

  it.each([
    ['answers', {}],
    ['cannot be asked, because nobody is there', { answers: false, listens: false }],
  ])('is not ended when it %s', async (_what, now) => {
    const { ended } = await guarded({}, async (scene) => {
      await scene.clock.advance(3_200);
      Object.assign(scene, { ...now, word: 'Replaced' });
      await scene.clock.advance(30_000);
    });
    expect(ended).toEqual([]);
  });

  it('is given a few seconds to answer, and no less', async () => {
    const { ended } = await guarded({}, async (scene) => {
      await scene.clock.advance(3_200);
      Object.assign(scene, { answers: false, word: 'Replaced' });
      await scene.clock.advance(3_000);
      scene.answers = true;
      await scene.clock.advance(30_000);
    });
    expect(ended).toEqual([]);
  });

  it('is closed at once, stays so in silence, and is opened as soon as it is a replica', async () => {
    await guarded({}, async (scene) => {
      await scene.clock.advance(3_200);
      scene.word = 'Replaced';
      await scene.clock.advance(1_400);
      expect(scene.state).toBe('closed');
      scene.word = 'Silent';
      await scene.clock.advance(20_000);
      expect(scene.state).toBe('closed');
      scene.role = 'SLAVE';
      await scene.clock.advance(600);
      expect(scene.state).toBe('open');
    });
  });

  it('is closed with the answer, and not at the next look', async () => {
    const { set } = await guarded({}, async (scene) => {
      await scene.clock.advance(3_700);
      scene.say = async () => {
        await scene.clock.sleep(200);
        return 'Replaced';
      };
      await scene.clock.advance(20_000);
    });
    expect(set).toEqual(['4200 closed']);
  });

  it('is not closed by an answer about another time as master', async () => {
    const { set } = await guarded({}, async (scene) => {
      await scene.clock.advance(3_200);
      const { promise, resolve } = Promise.withResolvers<Said>();
      scene.say = () => promise;
      await scene.clock.advance(1_000); // asked
      scene.role = 'SLAVE';
      await scene.clock.advance(2_000);
      scene.role = 'SYNC_MASTER';
      await scene.clock.advance(2_000);
      scene.say = () => Promise.resolve('Confirmed');
      resolve('Replaced');
      await scene.clock.advance(10_000);
    });
    expect(set).toEqual([]);
  });

  it('is not held to an old answer when it is elected again', async () => {
    const { set } = await guarded({ word: 'Replaced' }, async (scene) => {
      await scene.clock.advance(200);
      scene.role = 'SLAVE';
      await scene.clock.advance(1_000);
      Object.assign(scene, { role: 'SYNC_MASTER', word: 'Silent' });
      await scene.clock.advance(LEASE - 1_000);
    });
    expect(set).toEqual(['0 closed', '500 open']);
  });
});

const closed: ReadonlyMap<string, string> = new Map([['startAcceptSendRequestTimeStamp', '253402300798000']]);

describe('a broker whose gate is open', () => {
  it('is looked at every two seconds', async () => {
    const { looks } = await guarded({}, (scene) => scene.clock.advance(20_200));
    expect(looks).toBe(12); // two at the start
  });

  it('is asked about at once when it is seen to be master', async () => {
    await guarded({ role: 'SLAVE' }, async (scene) => {
      await scene.clock.advance(5_200);
      scene.role = 'SYNC_MASTER';
      await scene.clock.advance(1_400); // looked at after 6 s
      expect(scene.asked).toBe(1);
    });
  });
});

describe('a replica', () => {
  it('has its gate opened by a guard that finds it closed, and nobody is asked about it', async () => {
    const { set, asked } = await guarded({ role: 'SLAVE', settings: closed, word: 'Replaced' }, (scene) =>
      scene.clock.advance(10_000),
    );
    expect(set).toEqual(['0 open']);
    expect(asked).toBe(0);
  });
});

describe('a guard goes on', () => {
  it('when the broker does not answer, and closes it as soon as it does', async () => {
    await guarded({ answers: false }, async (scene) => {
      await scene.clock.advance(3_000);
      scene.answers = true;
      await scene.clock.advance(3_200);
      expect(scene.state).toBe('open');
      Object.assign(scene, { answers: false, word: 'Silent' });
      await scene.clock.advance(20_000);
      expect(scene.state).toBe('open');
      scene.answers = true;
      await scene.clock.advance(600);
      expect(scene.state).toBe('closed');
    });
  });

  it('when the broker does not take the setting, and tries again at each look', async () => {
    const { set } = await guarded({ word: 'Silent', takes: false }, async (scene) => {
      await scene.clock.advance(1_200);
      scene.takes = true;
      await scene.clock.advance(5_000);
    });
    expect(set).toEqual(['0', '500', '1000', '1500'].map((at) => `${at} closed`));
  });

  it('when somebody else moves the setting, and takes it back', async () => {
    await guarded({ word: 'Replaced' }, async (scene) => {
      scene.settings = new Map([['startAcceptSendRequestTimeStamp', '0']]);
      await scene.clock.advance(600);
      expect(scene.state).toBe('closed');
    });
  });
});

describe('a person', () => {
  it('opens it whatever the controllers say, for as long as they want', async () => {
    await guarded({ word: 'Replaced' }, async (scene) => {
      await scene.clock.advance(2_200);
      expect(scene.state).toBe('closed');
      scene.overridden = true;
      await scene.clock.advance(600);
      expect(scene.state).toBe('open');
      await scene.clock.advance(20_000);
      expect(scene.set).toHaveLength(2);
      scene.overridden = false;
      await scene.clock.advance(600);
      expect(scene.state).toBe('closed');
    });
  });
});

describe('a master that is about to end', () => {
  it('is closed, although it is confirmed and a person wants it open', async () => {
    const { set } = await guarded({ overridden: true }, async (scene) => {
      await scene.clock.advance(3_200);
      scene.ending = true;
      await scene.clock.advance(20_000);
    });
    expect(set).toEqual(['3500 closed']);
  });

  it('has done so when somebody is there that is no master yet, who finds its gate open', async () => {
    await guarded({ ending: true }, async (scene) => {
      expect(scene.state).toBe('closed');
      scene.answers = false;
      await scene.clock.advance(3_000);
      expect(scene.ending).toBe(true);
      Object.assign(scene, { answers: true, role: 'SLAVE' });
      await scene.clock.advance(600);
      expect(scene.ending).toBe(false);
      scene.role = 'SYNC_MASTER';
      await scene.clock.advance(20_000);
      expect(scene.state).toBe('open');
    });
  });
});

describe('a process that ends', () => {
  it('is not told from one that hangs before its port is closed', async () => {
    const { set } = await guarded({}, async (scene) => {
      await scene.clock.advance(3_200);
      Object.assign(scene, { answers: false, word: 'Silent' });
      await scene.clock.advance(20_000);
      scene.answers = true;
      await scene.clock.advance(600);
    });
    expect(set).toHaveLength(1);
  });

  it('leaves a gate open to the next one, which may be master from its first answer on', async () => {
    const { set, ending } = await guarded({ ending: true }, async (scene) => {
      await scene.clock.advance(1_000);
      Object.assign(scene, { answers: false, listens: false });
      await scene.clock.advance(20_000);
      // Another process has the settings of its file.
      Object.assign(scene, { answers: true, listens: true, settings: new Map() });
      await scene.clock.advance(60_000);
    });
    expect(ending).toBe(false);
    expect(set).toEqual(['0 closed']);
  });
});

describe('the end', () => {
  it('comes with the signal, in the middle of a question as well, and nothing is set any more', async () => {
    const scene = new Scene();
    const running = scene.run();
    await scene.clock.advance(3_200);
    const { promise, resolve } = Promise.withResolvers<Said>();
    scene.say = () => promise;
    await scene.clock.advance(1_000);
    scene.stop.abort(new Error('received SIGTERM'));
    resolve('Replaced');
    await scene.clock.advance(0);
    await running;
    await scene.clock.advance(20_000);
    expect(scene.set).toEqual([]);
    expect(scene.clock.pendingTimers).toBe(0);
  });
});
