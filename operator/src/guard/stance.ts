/**
 * Whether a master may acknowledge sends. Pure.
 *
 * The controllers depose a master that they have not heard of for its heartbeat time-out, and tell only brokers that they
 * hear of (ControllerManager.notifyBrokerRoleChanged of 5.5.0). Such a master goes on for as long as anybody replicates from
 * it: a replica whose connection ends leaves its sync-state set at once, without the controllers
 * (AutoSwitchHAService.removeConnection), and one that comes back is let in before they agree, and acknowledges what it will
 * throw away when it finds the new master. So a master holds a lease here, shorter than the time-out.
 *
 * Silence counts, whoever is silent: a leader of the controllers that comes back after long may depose at once whom it has not
 * heard of meanwhile, however well it is (RaftBrokerHeartBeatManager.scanNotActiveBroker).
 */

/** Whether sends are accepted. */
export type Stance = 'Open' | 'Closed';

/** What the controllers say of the group. */
export type Word =
  /** This broker is its master, and they hear of it. */
  | 'Confirmed'
  /** Another one is. */
  | 'Replaced'
  /** Neither: they have no master for it, do not hear of this one, or do not know the group. */
  | 'Unconfirmed';

/** What is known of a broker that calls itself master. */
export interface Contact {
  /** When the controllers were last known to have it as master, on the monotonic clock; absent: never. */
  readonly confirmedAtMs?: number;
  /** The last word was that another one is master, asked for after this one began to call itself so. */
  readonly replaced: boolean;
}

export function stanceOf({ confirmedAtMs, replaced }: Contact, leaseMs: number, nowMs: number): Stance {
  const holds = confirmedAtMs !== undefined && nowMs - confirmedAtMs < leaseMs;
  return holds && !replaced ? 'Open' : 'Closed';
}
