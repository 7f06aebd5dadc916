/**
 * Whether a master may acknowledge sends. Pure.
 *
 * The controllers depose a master that they have not heard of for its heartbeat time-out, and tell only brokers that they
 * hear of (ControllerManager.notifyBrokerRoleChanged of 5.5.0). Such a master goes on for as long as anybody replicates from
 * it: a replica whose connection ends leaves its sync-state set at once, without the controllers
 * (AutoSwitchHAService.removeConnection), and one that comes back is let in before they agree, and acknowledges what it will
 * throw away when it finds the new master. So a master holds a lease here, shorter than the time-out.
 */

/** Which sends are accepted. */
export type Stance =
  /** With as many members in sync as the spec says. */
  | 'Open'
  /** With all of them in sync: whoever is elected has what was acknowledged. */
  | 'EveryMember'
  | 'Closed';

/** What the controllers say of the group. */
export type Word =
  /** This broker is its master, and they hear of it. */
  | 'Confirmed'
  /** Another one is. */
  | 'Replaced'
  /** Neither: they have no master for it, or do not hear of this one. */
  | 'Unconfirmed';

/** What is known of a broker that calls itself master. On the monotonic clock; absent: never. */
export interface Contact {
  /** When the controllers were last known to have it as master. */
  readonly confirmedAtMs?: number;
  /** The last word was that another one is master, asked for after this one began to call itself so. */
  readonly replaced: boolean;
  /** When every other member last said that it hears no leader of the controllers either. */
  readonly leaderlessAtMs?: number;
  /** How many members the controllers last said that there are. */
  readonly members?: number;
}

export interface Terms {
  readonly leaseMs: number;
  /** Members of the group of which this one knows. */
  readonly members: number;
}

/**
 * How long it holds that nobody leads the controllers, and so nobody is deposed: until the next round of questions has ended,
 * which finds a leader that came meanwhile, and takes the length of a lease at most.
 */
export const leaderlessForMs = (leaseMs: number): number => 2 * leaseMs;

export function stanceOf(contact: Contact, { leaseMs, members }: Terms, nowMs: number): Stance {
  const { confirmedAtMs, replaced, leaderlessAtMs } = contact;
  if (replaced) return 'Closed';
  if (confirmedAtMs !== undefined && nowMs - confirmedAtMs < leaseMs) return 'Open';
  // While a group grows there may be a member that nobody asked.
  const knowsAll = contact.members !== undefined && contact.members <= members;
  const leaderless = leaderlessAtMs !== undefined && nowMs - leaderlessAtMs < leaderlessForMs(leaseMs);
  return knowsAll && leaderless ? 'EveryMember' : 'Closed';
}
