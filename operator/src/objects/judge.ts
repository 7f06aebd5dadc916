import type { BatchFailures } from '../rocketmq/mod.ts';
import { firstLine, isVerdictOfBroker, type Answer } from './answer.ts';
import type { Difference, Differing, Places, Verdict } from './kind.ts';
import { notEverywhere, roleIn } from './places.ts';
import type { Compare, Entry, Plan } from './plan.ts';
import { differingOf, pending, silentBroker, type Problem } from './problems.ts';
import type { Tables } from './tables.ts';

export interface Judgement {
  readonly verdict: Verdict;
  /** Groups whose master holds it as declared; undefined when no master told anything. */
  readonly confirmedOn: readonly string[] | undefined;
  /** Groups whose master told nothing: what was last known of them stands. */
  readonly unheardOn: readonly string[];
  /** Groups whose master does not hold it as declared, or may not. */
  readonly differing: readonly Differing[];
}

/** A broker tells name servers at once; then the wait for clients begins. */
const JUST_CLOSED_POLL_MS = 1_000;

/**
 * Judges one object after the writes, by what the masters say now. A write that failed and yet shows its effect
 * (the answer was lost) counts as done; one that succeeded without effect does not.
 */
export function judge<Desired, Actual, Write>(
  entry: Entry<Desired>,
  plan: Plan<Write>,
  written: ReadonlyMap<string, Answer<BatchFailures>>,
  after: Tables<Actual>,
  compare: Compare<Desired, Actual, Write>,
  places: Places,
): Judgement {
  if (plan.refused !== undefined) {
    const { refused, sameOn, unheardOn } = plan;
    const confirmedOn = sameOn.length === 0 ? undefined : sameOn;
    return { verdict: { kind: 'Rejected', ...refused }, confirmedOn, unheardOn, differing: [] };
  }
  const problems = [...plan.problems];
  const sameOn = [...plan.sameOn];
  const unheardOn = [...plan.unheardOn];
  const refusals: Problem[] = [];
  for (const { group, address } of plan.writes) {
    const table = after.get(address);
    if (table === undefined || !table.ok) {
      problems.push(silentBroker(group, address, table?.error, roleIn(places)));
      unheardOn.push(group);
      continue;
    }
    const difference = compare(entry.desired, table.value.get(entry.name));
    if (difference.kind === 'Same') {
      sameOn.push(group);
      continue;
    }
    const answer = written.get(address);
    const failure = answer?.ok === true ? answer.value.get(entry.name) : undefined;
    if (failure !== undefined && isVerdictOfBroker(failure)) {
      const message = `${group} refuses it: ${firstLine(failure.message)}`;
      refusals.push({ group, reason: 'RefusedByBroker', message, unknown: false });
    } else if (failure !== undefined || answer?.ok !== true) {
      const error = failure ?? (answer?.ok === false ? answer.error : undefined);
      problems.push(silentBroker(group, address, error, roleIn(places)));
    } else if (difference.kind === 'Drain') {
      const message = `${group} is closed to more of what is to go`;
      problems.push({ group, reason: 'Draining', message, unknown: false, againMs: JUST_CLOSED_POLL_MS });
    } else {
      const message = notApplied(group, difference);
      problems.push({ group, reason: notEverywhere(places), message, unknown: false });
    }
  }
  const confirmedOn = plan.looked ? sameOn : undefined;
  const differing = differingOf([...refusals, ...problems]);
  return { verdict: verdictOf(refusals, problems), confirmedOn, unheardOn, differing };
}

function verdictOf([refusal]: readonly Problem[], problems: readonly Problem[]): Verdict {
  if (refusal !== undefined) return { kind: 'Rejected', reason: 'RefusedByBroker', message: refusal.message };
  return problems.length === 0 ? { kind: 'Ready' } : pending(problems);
}

function notApplied<Write>(group: string, difference: Difference<Write>): string {
  const what = difference.kind === 'Change' ? `without ${difference.keys.join(', ')}` : 'without effect';
  return `${group} accepted the write ${what}`;
}
