/**
 * Elections that nobody planned: who followed whom, for how long the group had no master, and how long until it was
 * whole again. Pure. A time begins with the look that found the master missing; an election before any such look has
 * none, since nobody knows it.
 */
import type { GroupView } from './view.ts';

/** What was last known of a group. */
export interface WatchedGroup {
  /** Pod. */
  readonly master: string;
  readonly epoch: number;
  /** Since when the master has been missing. */
  readonly lostAtMs: number | undefined;
  /** Since when the group has been short of members, for an election. */
  readonly shortSinceMs: number | undefined;
}

export type Failover =
  | {
      readonly kind: 'NewMaster';
      readonly group: string;
      readonly from: string;
      readonly to: string;
      readonly epoch: number;
      /** Undefined when nobody saw the group without its master. */
      readonly tookMs: number | undefined;
    }
  | { readonly kind: 'InSync'; readonly group: string; readonly tookMs: number };

export interface Failovers {
  readonly found: readonly Failover[];
  /** By group, for the next look. */
  readonly watched: ReadonlyMap<string, WatchedGroup>;
}

interface Look {
  readonly found: readonly Failover[];
  readonly state: WatchedGroup;
}

/**
 * @param before from the look before
 * @param handedOver by group: the epoch of the last hand-over that the operator asked for
 */
export function failovers(
  groups: readonly GroupView[],
  before: Failovers['watched'],
  handedOver: ReadonlyMap<string, number>,
  nowMs: number,
): Failovers {
  const looks = groups.flatMap((group): readonly (Look & { readonly name: string })[] => {
    const { name } = group;
    const last = before.get(name) ?? elected(group);
    return last === undefined
      ? []
      : [{ name, ...afterSync(group, lookAgain(group, last, handedOver.get(name), nowMs), nowMs) }];
  });
  return {
    found: looks.flatMap(({ found }) => found),
    watched: new Map(looks.map(({ name, state }) => [name, state])),
  };
}

/** The master of whom controllers and pods agree. */
function elected({ facts, members }: GroupView): WatchedGroup | undefined {
  const master = members.find(({ leads }) => leads === true)?.pod;
  return master === undefined || facts.epoch === undefined
    ? undefined
    : { master, epoch: facts.epoch, lostAtMs: undefined, shortSinceMs: undefined };
}

function lookAgain(
  group: GroupView,
  last: WatchedGroup,
  plannedEpoch: number | undefined,
  nowMs: number,
): Look {
  const now = elected(group);
  if (now === undefined || now.epoch === last.epoch) {
    return { found: [], state: { ...last, lostAtMs: lostSince(group, last, nowMs) } };
  }
  // Controllers that lost their volumes count from the start again: what was before is no part of that history.
  if (now.epoch === plannedEpoch || now.master === last.master || now.epoch < last.epoch) {
    return { found: [], state: { ...now, shortSinceMs: last.shortSinceMs } };
  }
  const { master: to, epoch } = now;
  const { lostAtMs } = last;
  const tookMs = lostAtMs === undefined ? undefined : nowMs - lostAtMs;
  return {
    found: [{ kind: 'NewMaster', group: group.name, from: last.master, to, epoch, tookMs }],
    state: { ...now, shortSinceMs: lostAtMs ?? nowMs },
  };
}

/** A master that came back, and may not have been missed by the controllers, is not there before it is known to serve. */
function lostSince({ facts, members }: GroupView, last: WatchedGroup, nowMs: number): number | undefined {
  const master = members.find(({ pod }) => pod === last.master);
  const noMaster = facts.inSync !== undefined && facts.master === undefined;
  if (noMaster || master?.phase !== 'Up' || master.facts?.answers !== true) return last.lostAtMs ?? nowMs;
  return master.healthy === true ? undefined : last.lostAtMs;
}

function afterSync({ name, members }: GroupView, { found, state }: Look, nowMs: number): Look {
  const { shortSinceMs } = state;
  if (shortSinceMs === undefined || !members.every(({ inSync }) => inSync === true)) return { found, state };
  return {
    found: [...found, { kind: 'InSync', group: name, tookMs: nowMs - shortSinceMs }],
    state: { ...state, shortSinceMs: undefined },
  };
}
