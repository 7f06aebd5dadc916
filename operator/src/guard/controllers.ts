/** Asks the controllers about one group. */
import type { CallOptions, ControllerAdmin, SyncState } from '../rocketmq/mod.ts';
import type { Word } from './stance.ts';

export interface Answer {
  readonly word: Word;
  /** How many members of the group they know, gone ones too. */
  readonly members: number;
}

/** An answer goes through their Raft log: a leader that has been cut off from the others gives none. */
export interface Controllers {
  /** Asks the one that led last; undefined when none is known, or it does not answer. */
  askLeader(signal: AbortSignal): Promise<Answer | undefined>;
  /** Looks for the leader among all of them, in two calls; undefined when nobody has an answer. */
  askEverybody(signal: AbortSignal): Promise<Answer | undefined>;
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
  const ask = async (controller: string, call: CallOptions): Promise<Answer> => {
    const states = await rocketmq.controller(controller).syncState([group], call);
    leader = controller;
    return answerOf(states.get(group), address);
  };
  /** Only its own word counts, and one that was cut off may call itself leader for some time yet. */
  const askIfLeader = async (controller: string, call: CallOptions): Promise<Answer> => {
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

function answerOf(state: SyncState | undefined, address: string): Answer {
  if (state === undefined) return { word: 'Unconfirmed', members: 0 };
  const { masterAddress, inSync, notInSync } = state;
  const members = inSync.length + notInSync.length;
  if (masterAddress === undefined) return { word: 'Unconfirmed', members };
  if (masterAddress !== address) return { word: 'Replaced', members };
  const heardOf = inSync.some((member) => member.address === address && member.alive);
  return { word: heardOf ? 'Confirmed' : 'Unconfirmed', members };
}
