import { whyNot } from './answer.ts';
import { listed } from '../listed.ts';
import { compareText } from '../compare-text.ts';
import type { Differing, PendingReason, Verdict } from './kind.ts';

/** Why an object is not as declared, or why that is not known. */
export interface Problem {
  /** The broker group, or member, that it is about; absent: it is about name servers, or all. */
  readonly group?: string;
  readonly reason: PendingReason | 'Draining';
  readonly message: string;
  /** No answer, as opposed to a wrong one. */
  readonly unknown: boolean;
  /** Of what waits for time or for consumers: when to look again. */
  readonly againMs?: number;
}

/** As messages call a broker. */
export type BrokerRole = 'the master' | 'a replica' | 'a member';

/** A broker that told nothing. @param group of a member: its own name */
export function silentBroker(
  group: string,
  address: string,
  error: unknown,
  role: BrokerRole = 'the master',
): Problem {
  const who = role === 'a member' ? group : `${role} of ${group}`;
  const message = `${who}, ${address}, ${whyNot(error)}`;
  return { group, reason: 'BrokerUnreachable', message, unknown: true };
}

export function silentNameServer(message: string): Problem {
  return { reason: 'NameServersNotReady', message, unknown: true };
}

const QUOTED_PROBLEMS = 3;

/**
 * Known wrong outranks unknown: it is what a person can act on. What waits for consumers comes last, as it keeps nothing
 * else from being tried again. Same problems in, same words out.
 */
export function pending(problems: readonly Problem[]): Verdict {
  const all = ordered(problems);
  const [first] = all;
  if (first === undefined) throw new RangeError('pending needs a problem');
  const messages = [...new Set(all.map((problem) => problem.message))];
  const message = listed(messages, QUOTED_PROBLEMS, '; ');
  return first.reason === 'Draining'
    ? { kind: 'Waiting', reason: first.reason, message, pollMs: soonest(problems) }
    : { kind: 'Pending', reason: first.reason, message, unknown: first.unknown };
}

function ordered(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted((a, b) => rank(a) - rank(b) || compareText(a.message, b.message));
}

function soonest(problems: readonly Problem[]): number | undefined {
  const times = problems.flatMap(({ againMs }) => (againMs === undefined ? [] : [againMs]));
  return times.length === problems.length ? Math.min(...times) : undefined;
}

function rank({ reason, unknown }: Problem): number {
  if (reason === 'Draining') return 2;
  return unknown ? 1 : 0;
}

/** What of that is about a broker group, or a member: the first thing to say of each. */
export function differingOf(problems: readonly Problem[]): readonly Differing[] {
  const first = new Map<string, Differing>();
  for (const { group, reason, message } of ordered(problems))
    if (group !== undefined && !first.has(group)) first.set(group, { group, reason, message });
  return [...first.values()].toSorted((a, b) => compareText(a.group, b.group));
}
