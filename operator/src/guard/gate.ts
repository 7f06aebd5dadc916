/**
 * The setting by which a master is closed. CommitLog.asyncPutMessage compares it with the members in sync at each message,
 * those of transactions and of consumers that send back among them, and answers that they are not enough, which clients
 * take as a reason to try again. The operator closes by other settings (cluster/permission.ts), and opens by those: neither
 * undoes what the other did.
 */
import type { Stance } from './stance.ts';

export const gateKey = 'minInSyncReplicas';

/** More than any group has members. */
const unreachable = 1_000;

export interface GroupSize {
  readonly members: number;
  /** As in the spec. */
  readonly minInSync: number;
}

export function gateValue(stance: Stance, { members, minInSync }: GroupSize): string {
  switch (stance) {
    case 'Open':
      return String(minInSync);
    case 'EveryMember':
      return String(members);
    case 'Closed':
      return String(unreachable);
    default:
      return stance satisfies never;
  }
}

/** Whether a guard closed the broker with these settings. */
export function isClosedByGuard(settings: ReadonlyMap<string, string>): boolean {
  return settings.get(gateKey) === String(unreachable);
}
