/**
 * Masters hand over before they go: one whose pod was deleted, which waits for it (resources/pre-stop.ts), and one on a
 * node that is about to be drained, since budgets never let a master be evicted, and a replica may be. Pure.
 */
import { isElectedLeader, isOutdated, type HandOver } from './rollout.ts';
import { takesPart } from './membership.ts';
import type { GroupView, MemberView } from './view.ts';

/** All of them at once: each pod waits for some seconds only, whatever the others need. */
export function handOversOfStopping(members: readonly MemberView[]): readonly HandOver[] {
  return handOvers(members, isStopping, 'whose pod was deleted').map((each) => ({ ...each, urgent: true }));
}

/**
 * One group at a time, since a drain waits for each; nothing while nobody can take over.
 *
 * @param failed the group whose hand-over failed last: the one after it is next, or it could be waited for for ever
 */
export function handOverBeforeDrain(
  members: readonly MemberView[],
  failed: string | undefined,
): HandOver | undefined {
  const all = handOvers(members, isLeaving, 'whose node is about to be emptied');
  return all[(all.findIndex(({ group }) => group === failed) + 1) % all.length];
}

function handOvers(
  members: readonly MemberView[],
  goes: (member: MemberView) => boolean,
  why: string,
): readonly HandOver[] {
  return members.flatMap((member) => {
    if (member.group === undefined || !goes(member)) return [];
    const [heir] = heirsOf(member, members);
    return heir === undefined ? [] : [{ group: member.group, from: member.pod, to: heir.pod, why }];
  });
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
  return member.departing && isElectedLeader(member) && takesPart(member);
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
        takesPart(each),
    )
    .toSorted(
      (a, b) => Number(a.departing) - Number(b.departing) || Number(isOutdated(a)) - Number(isOutdated(b)),
    );
}
