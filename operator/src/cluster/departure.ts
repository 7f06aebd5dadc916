/**
 * Masters hand over before they go: one whose pod was deleted, which waits for it (resources/pre-stop.ts), and one on a
 * node that is about to be drained, since budgets never let a master be evicted, and a replica may be. Pure.
 */
import { isElectedLeader, isOutdated, type HandOver } from './rollout.ts';
import type { GroupView, MemberView } from './view.ts';

/** One group at a time, who has less time first; nothing while nobody can take over. */
export function handOverBeforeDeparture(members: readonly MemberView[]): HandOver | undefined {
  return (
    firstHandOver(members, isStopping, 'whose pod was deleted') ??
    firstHandOver(members, isLeaving, 'whose node is about to be emptied')
  );
}

function firstHandOver(
  members: readonly MemberView[],
  goes: (member: MemberView) => boolean,
  why: string,
): HandOver | undefined {
  for (const member of members) {
    if (member.group === undefined || !goes(member)) continue;
    const heir = heirsOf(member, members)[0];
    if (heir !== undefined) return { group: member.group, from: member.pod, to: heir.pod, why };
  }
  return undefined;
}

/** Groups whose master keeps its node from being drained, in words. A lone member has no budget, and simply goes. */
export function strandedMasters(groups: readonly GroupView[]): readonly string[] {
  return groups.flatMap(({ name, members }) =>
    members
      .filter((member) => members.length > 1 && isLeaving(member) && heirsOf(member, members).length === 0)
      .map(
        ({ pod, object }) =>
          `${pod}, the master of ${name}, keeps ${object?.spec?.nodeName ?? 'its node'} from being drained: no other member of the group is in sync on a node that stays`,
      ),
  );
}

/**
 * A master that is known to lead and to be well, on a node that is about to be emptied. One that is master for good is
 * evicted like a replica: nobody could take over from it.
 */
function isLeaving(member: MemberView): boolean {
  const { departing, healthy, phase } = member;
  return departing && isElectedLeader(member) && healthy === true && phase === 'Up';
}

/** A master that is on its way out and still answers: it has not been asked to end yet. */
function isStopping(member: MemberView): boolean {
  const { phase, inSync, facts } = member;
  return phase === 'Terminating' && isElectedLeader(member) && inSync === true && facts?.answers === true;
}

/**
 * Who stays comes first, then who runs the new revision: it will not have to hand over again. A master that stops cannot
 * wait for one that stays.
 */
function heirsOf(master: MemberView, members: readonly MemberView[]): readonly MemberView[] {
  return members
    .filter(
      (each) =>
        each !== master &&
        each.group === master.group &&
        (!each.departing || master.phase === 'Terminating') &&
        each.healthy === true &&
        each.inSync === true,
    )
    .toSorted(
      (a, b) => Number(a.departing) - Number(b.departing) || Number(isOutdated(a)) - Number(isOutdated(b)),
    );
}
