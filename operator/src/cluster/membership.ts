/**
 * Keeps the members of a group attached to their master, and the controllers' memory of them true. Pure.
 *
 * A replica learns where its master replicates from the answer to a registration in a name server alone. The one
 * that it sends when its role changes mostly comes before the new master has registered, and the next one is its
 * periodic one, 10 s at best (rocketmq-ops.md §3.6). Until then the sync-state set is the master alone, and with two
 * members required in sync every send is refused. So replicas are made to register as soon as it helps.
 */
import type { Answers } from './observe.ts';
import { isReplica } from './own-role.ts';
import type { GroupView, MemberView } from './view.ts';

export interface Reattachment {
  readonly address: string;
  /** This pod under this master, and how many name servers know it. */
  readonly key: string;
}

/**
 * Replicas that would find their master if they registered now. Each is made to once or twice under each master, and by its own
 * word it has to be a replica: a former master that has not heard of the election would be listed as master again, and
 * opened to sends (hand-over.ts).
 */
export function reattachments(
  groups: readonly GroupView[],
  settings: Answers['settings'],
): readonly Reattachment[] {
  return groups.flatMap((group) => {
    const { epoch } = group.facts;
    const master = group.members.find(({ leads }) => leads === true);
    // Before they list the master as such, a registration is answered without it. A name server that is silent may be
    // cut off together with the former master: who waits for it goes back to that one when the cut ends.
    if (epoch === undefined || master?.facts?.listed !== true) return [];
    // Once more when all of them list it: the silent one may have answered the replica with the former master.
    const by = master.facts.registered === true ? 'all' : 'some';
    return group.members
      .filter((member) => isApart(member) && isReplica(settings.get(member.address)))
      .map(({ pod, address, object }) => ({ address, key: `${object?.metadata.uid ?? pod}@${epoch}/${by}` }));
  });
}

/**
 * In sync, and answers: it has everything that was acknowledged, and can be asked to take over, or for what it keeps. A
 * name server that is silent, or has only just started, makes it not healthy, and takes none of that away.
 */
export function takesPart({ phase, inSync, facts }: MemberView): boolean {
  return phase === 'Up' && inSync === true && facts?.answers === true;
}

/** Runs and answers, yet has no part in its group. */
export function isApart(member: MemberView): boolean {
  return (
    member.phase === 'Up' &&
    member.leads === false &&
    member.inSync === false &&
    member.facts?.answers === true
  );
}

/** The master of a group, when it takes part. */
export function servingMaster(members: readonly MemberView[]): MemberView | undefined {
  return members.find((member) => member.leads === true && takesPart(member));
}

export interface Forgotten {
  readonly group: string;
  readonly brokerIds: readonly number[];
}

/**
 * Ids of members that will not come back, such as that of a replica before it lost its volume: with every declared
 * member in sync under a living id, whoever is dead is nobody.
 */
export function goneIdentities(groups: readonly GroupView[]): readonly Forgotten[] {
  return groups.flatMap(({ name, facts, members }) => {
    const ids = new Set(members.map((member) => member.facts?.brokerId));
    const complete =
      members.length > 0 &&
      ids.size === members.length &&
      members.every((member) => member.healthy === true && member.facts?.brokerId !== undefined);
    const gone = (facts.identities ?? []).filter(({ alive, brokerId }) => !alive && !ids.has(brokerId));
    return complete && gone.length > 0
      ? [{ group: name, brokerIds: gone.map(({ brokerId }) => brokerId).toSorted((a, b) => a - b) }]
      : [];
  });
}
