/**
 * Replicas that can never follow their master again, and how they are healed. Pure.
 *
 * A replica joins where the last epoch that it and its master have in common began and ended for both. RocketMQ loses
 * that point when the broker that was master comes back as master of the same epoch, as after an outage of all
 * members and controllers at once: it writes the epoch's beginning anew, at the end of its log
 * (AutoSwitchHAService.changeToMaster), while the replicas keep the true one. They try in vain for ever, and a group
 * that needs two members in sync refuses every send.
 */
import type { EpochCache } from '../rocketmq/mod.ts';
import { isApart, servingMaster } from './membership.ts';
import type { GroupView, MemberView } from './view.ts';

/** How long a replica may be apart before it is asked why: a first copy, or the way to a new master, takes a while. */
const patienceMs = 20_000;

export interface Suspect {
  readonly group: GroupView;
  readonly member: MemberView;
  readonly master: MemberView;
}

/** Whose epochs, and whose master's readers, have to be known. */
export function suspects(groups: readonly GroupView[]): readonly Suspect[] {
  return groups.flatMap((group) => {
    const master = servingMaster(group.members);
    // Epochs are of elected masters.
    if (master === undefined || group.fixed !== undefined) return [];
    return group.members
      .filter((member) => isApart(member) && member.upForMs >= patienceMs)
      .map((member) => ({ group, member, master }));
  });
}

/** As RocketMQ itself looks for it (EpochFileCache.findConsistentPoint); who has no epochs yet copies from the start. */
export function canFollow(replica: EpochCache, master: EpochCache): boolean {
  if (replica.epochs.length === 0) return true;
  return replica.epochs.some(({ epoch, startOffset }) =>
    master.epochs.some((other) => other.epoch === epoch && other.startOffset === startOffset),
  );
}

export interface Divergence {
  readonly pod: string;
  readonly group: string;
  readonly message: string;
  /** Its volume holds nothing that its master lacks: it can be made anew from there. */
  readonly expendable: boolean;
}

/** @param epochs by address; who did not answer is absent, and nothing is concluded about it */
export function divergences(
  found: readonly Suspect[],
  epochs: ReadonlyMap<string, EpochCache>,
): readonly Divergence[] {
  return found.flatMap(({ group, member, master }) => {
    const own = epochs.get(member.address);
    const its = epochs.get(master.address);
    if (own === undefined || its === undefined || canFollow(own, its)) return [];
    const expendable = hadAll(its, own);
    const message =
      `${member.pod} cannot follow its master ${master.pod}: ` +
      `its epochs (${listed(own)}, to ${own.maxOffset}) and the master's (${listed(its)}) have no beginning in common`;
    return [
      {
        pod: member.pod,
        group: group.name,
        expendable,
        message: expendable
          ? message
          : `${message}, and its log has what the master's has not. Look at both, then delete the claim and the pod of the one that can be lost.`,
      },
    ];
  });
}

/**
 * Who is made anew now: one member of a group at a time, and only while every other one is there. The rest of the
 * diverged keep their copies until that one is in sync.
 */
export function rebuilds(groups: readonly GroupView[], found: readonly Divergence[]): readonly Divergence[] {
  const diverged = new Set(found.map(({ pod }) => pod));
  return groups.flatMap((group) => {
    const whole = group.members.every(
      (member) => member.phase === 'Up' && (member.inSync === true || diverged.has(member.pod)),
    );
    const first = found.find((each) => each.group === group.name && each.expendable);
    return whole && first !== undefined ? [first] : [];
  });
}

/**
 * Whether the master had as much when its last epoch began, which is where its log ended then. What it got since proves
 * nothing: it goes on from there without the replica, and would outgrow whatever only the replica has.
 */
function hadAll(master: EpochCache, replica: EpochCache): boolean {
  const [its, own] = [lastEpoch(master), lastEpoch(replica)];
  if (its === undefined) return false;
  const had = its.startOffset < master.maxOffset ? its.startOffset : master.maxOffset;
  return replica.maxOffset <= had && (own === undefined || own.epoch <= its.epoch);
}

function lastEpoch({ epochs }: EpochCache): EpochCache['epochs'][number] | undefined {
  return epochs.toSorted((a, b) => b.epoch - a.epoch)[0];
}

/** `1 from 0, 3 from 4096` */
function listed({ epochs }: EpochCache): string {
  return epochs.map(({ epoch, startOffset }) => `${epoch} from ${startOffset}`).join(', ');
}
