/**
 * Masters leave a node before a drain comes to them: budgets never let a master be evicted, and the hand-over makes it
 * a replica, which may be. Pure.
 */
import { isFixedMaster, isOutdated, type HandOver, type Member } from './rollout.ts';
import type { GroupView } from './view.ts';

/** One group at a time; nothing while nobody can take over. */
export function handOverBeforeDrain(members: readonly Member[]): HandOver | undefined {
  for (const member of members) {
    if (member.group === undefined || !isLeaving(member)) continue;
    const heir = heirsOf(member, members)[0];
    if (heir !== undefined) {
      return {
        group: member.group,
        from: member.pod,
        to: heir.pod,
        why: 'whose node is about to be emptied',
      };
    }
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
function isLeaving(member: Member): boolean {
  const { departing, leads, healthy, phase } = member;
  return departing && leads === true && !isFixedMaster(member) && healthy === true && phase === 'Up';
}

/** Who runs the new revision comes first: it will not have to hand over again. */
function heirsOf(master: Member, members: readonly Member[]): readonly Member[] {
  return members
    .filter(
      (each) =>
        each !== master &&
        each.group === master.group &&
        !each.departing &&
        each.healthy === true &&
        each.inSync === true,
    )
    .toSorted((a, b) => Number(isOutdated(a)) - Number(isOutdated(b)));
}
