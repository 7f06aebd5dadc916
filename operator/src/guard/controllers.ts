/** Asks the controllers about one group. */
import type { CallOptions, ControllerAdmin, SyncState } from '../rocketmq/mod.ts';
import type { Word } from './stance.ts';

/** An answer goes through their Raft log: a leader that has been cut off from the others gives none. */
export interface Controllers {
  /** Asks the one that led last; undefined when none is known, or it does not answer. */
  askLeader(signal: AbortSignal): Promise<Word | undefined>;
  /** Looks for the leader among all of them, in two calls; undefined when nobody has an answer. */
  askEverybody(signal: AbortSignal): Promise<Word | undefined>;
}

export interface ControllersOptions {
  readonly rocketmq: { controller(address: string): Pick<ControllerAdmin, 'metadata' | 'syncState'> };
  readonly addresses: readonly string[];
  readonly group: string;
  /** As this broker registers. */
  readonly address: string;
  readonly callTimeoutMs: number;
}

export function createControllers(options: ControllersOptions): Controllers {
  const { rocketmq, addresses, group, address, callTimeoutMs: timeoutMs } = options;
  let leader: string | undefined;
  const ask = async (controller: string, call: CallOptions): Promise<Word> => {
    const states = await rocketmq.controller(controller).syncState([group], call);
    leader = controller;
    return wordOf(states.get(group), address);
  };
  /** Only its own word counts, and one that was cut off may call itself leader for some time yet. */
  const askIfLeader = async (controller: string, call: CallOptions): Promise<Word> => {
    const { isLeader } = await rocketmq.controller(controller).metadata(call);
    if (!isLeader) throw new Error(`${controller} does not lead`);
    return ask(controller, call);
  };

  return {
    async askLeader(signal) {
      if (leader === undefined) return undefined;
      try {
        return await ask(leader, { signal, timeoutMs });
      } catch {
        leader = undefined;
        return undefined;
      }
    },
    askEverybody(signal) {
      const questions = addresses.map((each) => askIfLeader(each, { signal, timeoutMs }));
      return Promise.any(questions).catch(() => undefined);
    },
  };
}

function wordOf(state: SyncState | undefined, address: string): Word {
  if (state?.masterAddress === undefined) return 'Unconfirmed';
  if (state.masterAddress !== address) return 'Replaced';
  const heardOf = state.inSync.some((member) => member.address === address && member.alive);
  return heardOf ? 'Confirmed' : 'Unconfirmed';
}
