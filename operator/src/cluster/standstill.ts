/**
 * Replicas that stand still: they could follow their master, and do not. Pure.
 *
 * A replica that was told of a new master may be answered with the replication address of the old one, connect there,
 * and stay: an address that comes later does not end a connection, and the old master, a replica itself by now,
 * serves it on (AutoSwitchHAClient of 5.5.0). It may get every message there, and never joins the sync-state set; it
 * names the new master as the one that it reads from, so only the new master knows that it does not. Or what it is
 * sent is a frame that its reader never gets past (NegativeArraySizeException, again and again). A restart ends both.
 */
import type { EpochCache } from '../rocketmq/mod.ts';
import { canFollow, type Suspect } from './divergence.ts';
import { hostOf } from './observe.ts';
import type { GroupView } from './view.ts';

/** How long nothing may come in from the master before that is a standstill: in a first copy something does all the time. */
const standstillMs = 20_000;

export interface Standing {
  /** End of its log when it was last seen. */
  readonly maxOffset: bigint;
  /** When it last moved, on a connection to its master as far as that is known. */
  readonly sinceMs: number;
}

export interface Standstill {
  readonly pod: string;
  /** A restart that did not help is not repeated. */
  readonly key: string;
  readonly message: string;
}

export interface Standstills {
  readonly found: readonly Standstill[];
  /** For the next look, by pod uid. */
  readonly standing: ReadonlyMap<string, Standing>;
}

/** This member under this master. */
function standstillKey(pod: string, { facts }: GroupView): string {
  return `${pod}@${String(facts.epoch)}`;
}

/** Keys of members and masters that are still together. */
export function stillKnown(keys: ReadonlySet<string>, groups: readonly GroupView[]): Set<string> {
  const present = new Set(
    groups.flatMap((group) => group.members.map(({ pod }) => standstillKey(pod, group))),
  );
  return new Set([...keys].filter((key) => present.has(key)));
}

/**
 * @param epochs by address; who did not answer is absent, and nothing is concluded about it
 * @param replicas by address of a master that answered: the hosts that it replicates to
 * @param before from the look before
 * @param revived keys of those that were restarted
 */
export function standstills(
  suspects: readonly Suspect[],
  epochs: ReadonlyMap<string, EpochCache>,
  replicas: ReadonlyMap<string, ReadonlySet<string>>,
  before: ReadonlyMap<string, Standing>,
  revived: ReadonlySet<string>,
  nowMs: number,
): Standstills {
  const standing = new Map<string, Standing>();
  const found: Standstill[] = [];
  for (const { group, member, master } of suspects) {
    const uid = member.object?.metadata.uid ?? member.pod;
    const own = epochs.get(member.address);
    const its = epochs.get(master.address);
    if (own === undefined || its === undefined || !canFollow(own, its)) continue;
    const last = before.get(uid);
    const detached = replicas.get(master.address)?.has(hostOf(member.registers ?? '')) === false;
    const moves = last?.maxOffset !== own.maxOffset && !detached;
    const now = { maxOffset: own.maxOffset, sinceMs: moves ? nowMs : (last?.sinceMs ?? nowMs) };
    standing.set(uid, now);
    const key = standstillKey(member.pod, group);
    if (nowMs - now.sinceMs < standstillMs || revived.has(key)) continue;
    const message = detached
      ? `it is not in the sync-state set, and reads from somebody else than its master ${master.pod}`
      : `it is not in the sync-state set, and its log stands still at ${String(own.maxOffset)}`;
    found.push({ pod: member.pod, key, message });
  }
  return { found, standing };
}
