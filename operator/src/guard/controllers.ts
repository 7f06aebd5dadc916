/** Asks the controllers about one group. */
import type { CallOptions, ControllerAdmin, SyncState } from '../rocketmq/mod.ts';
import type { Word } from './stance.ts';

export interface Controllers {
  /** What they say of this broker. */
  ask(signal: AbortSignal): Promise<Word>;
}

export interface ControllersOptions {
  readonly rocketmq: { controller(address: string): Pick<ControllerAdmin, 'metadata' | 'syncState'> };
  readonly addresses: readonly string[];
  readonly group: string;
  /** As this broker registers. */
  readonly address: string;
  /** Of each of the calls that make a question, three at most. */
  readonly callTimeoutMs: number;
}

/**
 * An answer about a group goes through the controllers' Raft log (JRaftController.getSyncStateData): a leader that has been
 * cut off from the others gives none.
 */
export function createControllers(options: ControllersOptions): Controllers {
  const { rocketmq, addresses, group, address, callTimeoutMs: timeoutMs } = options;
  let leader: string | undefined;
  const askLeader = async (controller: string, call: CallOptions): Promise<Word> => {
    const states = await rocketmq.controller(controller).syncState([group], call);
    leader = controller;
    return wordOf(states.get(group), address);
  };
  /** Only its own word counts, and one that was cut off may call itself leader for some time yet. */
  const askIfLeader = async (controller: string, call: CallOptions): Promise<Word> => {
    const { isLeader } = await rocketmq.controller(controller).metadata(call);
    if (!isLeader) throw new Error(`${controller} does not lead`);
    return askLeader(controller, call);
  };

  return {
    async ask(signal) {
      const call = { signal, timeoutMs };
      try {
        if (leader !== undefined) return await askLeader(leader, call);
      } catch {
        leader = undefined;
      }
      return Promise.any(addresses.map((each) => askIfLeader(each, call))).catch(() => 'Silent');
    },
  };
}

function wordOf(state: SyncState | undefined, address: string): Word {
  if (state?.masterAddress === undefined) return 'Unconfirmed';
  if (state.masterAddress !== address) return 'Replaced';
  const heardOf = state.inSync.some((member) => member.address === address && member.alive);
  return heardOf ? 'Confirmed' : 'Unconfirmed';
}
