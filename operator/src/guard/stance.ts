/**
 * Whether a master may acknowledge sends. Pure.
 *
 * The controllers depose a master that they have not heard of for its heartbeat time-out, and tell only brokers that they
 * hear of (ControllerManager.notifyBrokerRoleChanged of 5.5.0). Such a master goes on for as long as anybody replicates from
 * it: a replica whose connection ends leaves its sync-state set at once, without the controllers
 * (AutoSwitchHAService.removeConnection), and one that comes back makes it accept sends before it counts for the
 * acknowledgement (inSyncReplicasNums and GroupTransferService). So a master holds a lease here, shorter than the time-out.
 */

/** How many members have to be in sync for a send to be accepted. */
export type Stance =
  /** As many as the spec says. */
  | 'Open'
  /** All of them: whoever is elected has what was acknowledged. */
  | 'EveryMember'
  /** More than there are. */
  | 'Closed';

/** What the controllers say of the group, if they do. */
export type Word =
  /** This broker is its master, and they hear of it. */
  | 'Confirmed'
  /** Another one is. */
  | 'Replaced'
  /** They answer, and it is neither: they have no master for it, or do not hear of this one. */
  | 'Unconfirmed'
  /** None of them answered that has a majority behind it. */
  | 'Silent';

/** What is known of a broker that calls itself master. On the monotonic clock; absent: never. */
export interface Contact {
  /** When the controllers were last known to have it as master. */
  readonly confirmedAtMs?: number;
  /** The last word was that another one is master, asked for after this one began to call itself so. */
  readonly replaced: boolean;
  /** When every other member last said that it hears no leader of the controllers either. */
  readonly leaderlessAtMs?: number;
}

/**
 * How long it holds that nobody leads the controllers, and so nobody is deposed: until the next round of questions has ended,
 * which finds a leader that came meanwhile, and takes the length of a lease at most.
 */
export const leaderlessForMs = (leaseMs: number): number => 2 * leaseMs;

export function stanceOf(contact: Contact, leaseMs: number, nowMs: number): Stance {
  const { confirmedAtMs, replaced, leaderlessAtMs } = contact;
  if (replaced) return 'Closed';
  if (confirmedAtMs !== undefined && nowMs - confirmedAtMs < leaseMs) return 'Open';
  if (leaderlessAtMs !== undefined && nowMs - leaderlessAtMs < leaderlessForMs(leaseMs)) return 'EveryMember';
  return 'Closed';
}
