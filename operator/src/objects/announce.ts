import { findCondition } from '../kube/mod.ts';
import { describeChanges } from './changes.ts';
import type { DeclaredStatus, Verdict } from './kind.ts';
import type { PassResult } from './pass.ts';
import { ownedOn } from './status.ts';

export interface Announcement {
  readonly type: 'Normal' | 'Warning';
  readonly reason: 'Adopted' | 'DriftRepaired' | 'DrainStarted' | 'Rejected';
  readonly action: 'Adopt' | 'Repair' | 'Drain' | 'Reject';
  readonly note: string;
}

/**
 * What deserves an event: an object taken over that was there before, drift repaired, a drain that begins, a spec that
 * cannot be followed. A plain success does not: conditions say it, and a thousand events a minute say nothing.
 */
export function announcements({
  label,
  settled,
  before,
  verdict,
  result,
  writes,
}: {
  /** "topic ORDERS" */
  readonly label: string;
  /** It was as declared, as it is declared now. */
  readonly settled: boolean;
  readonly before: DeclaredStatus | undefined;
  readonly verdict: Verdict;
  readonly result: PassResult | undefined;
  /** Whether the object is more than a look at what others manage. */
  readonly writes: boolean;
}): readonly Announcement[] {
  const found: Announcement[] = [];
  const reasonBefore = findCondition(before?.conditions, 'Ready')?.reason;
  if (verdict.kind === 'Rejected' && reasonBefore !== verdict.reason) {
    found.push({
      type: 'Warning',
      reason: 'Rejected',
      action: 'Reject',
      note: `${verdict.reason}: ${verdict.message}`,
    });
  }
  if (result === undefined || verdict.kind === 'Deferred' || verdict.kind === 'Rejected') return found;
  // Its status lists places as soon as a broker was asked for it, and keeps them while its cluster is away.
  const owned = ownedOn(before);
  const adopted =
    owned === undefined
      ? []
      : result.foundOn.filter((group) => !owned.includes(group) && result.ownedOn.includes(group));
  if (writes && adopted.length > 0) {
    const note = `${label} was already on ${adopted.join(', ')} and is managed by this object from now on${afterwards('; changed', result)}`;
    found.push({ type: 'Normal', reason: 'Adopted', action: 'Adopt', note });
  } else if (settled && result.changes.length > 0) {
    const note = `${label} differed from its declaration and was repaired${afterwards(':', result)}`;
    found.push({ type: 'Normal', reason: 'DriftRepaired', action: 'Repair', note });
  }
  if (result.drainingSinceMs !== undefined && before?.drainingSince === undefined) {
    const note = `${label} is closed on every master to what it is to give up, which goes once consumers have read it`;
    found.push({ type: 'Normal', reason: 'DrainStarted', action: 'Drain', note });
  }
  return found;
}

function afterwards(lead: string, { changes }: PassResult): string {
  return changes.length === 0 ? '' : `${lead} ${describeChanges(changes)}`;
}
