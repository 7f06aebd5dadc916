import type { AdoptionPolicy } from '../api/mod.ts';
import type { BatchFailures, RocketmqError } from '../rocketmq/mod.ts';
import { whyNot, type Answer } from './answer.ts';
import type { Change } from './changes.ts';
import { restrained } from './adoption.ts';
import { compareText } from './compare-text.ts';
import type { AdoptionReason, Difference, PendingReason, RefusalReason, Verdict } from './kind.ts';
import type { Tables } from './tables.ts';
import type { Master } from './topology.ts';

/** One declared object of a pass. */
export interface Entry<Desired> {
  /** `namespace/name` of the Kubernetes object. */
  readonly key: string;
  /** RocketMQ's name. */
  readonly name: string;
  readonly desired: Desired;
  /** Somebody edited it; the others are a periodic look. */
  readonly urgent: boolean;
  /** It was Ready, as it stands now, before this pass. */
  readonly settled: boolean;
  readonly adoption: AdoptionPolicy;
  /** Broker groups that it is declared on; undefined: all of them. */
  readonly groups: readonly string[] | undefined;
  /** Its status says since when every master has been closed to what is to run empty. */
  readonly drainingSinceMs: number | undefined;
  /** Broker groups that its stored status claims: what is there is its own. */
  readonly ownedOn: readonly string[];
  /** It is to take what is on the brokers along when it goes, and has no finalizer yet that makes it wait for that. */
  readonly unheld: boolean;
}

export interface Problem {
  readonly reason: PendingReason | 'Draining';
  readonly message: string;
  /** No answer, as opposed to a wrong one. */
  readonly unknown: boolean;
  /** Of what waits for time or for consumers: when to look again. */
  readonly againMs?: number;
}

export interface PlannedWrite<Write> extends Change {
  readonly address: string;
  readonly write: Write;
}

export interface Plan<Write> {
  readonly refused?: { readonly reason: RefusalReason | AdoptionReason; readonly message: string };
  /** Why some masters cannot be judged or written. */
  readonly problems: readonly Problem[];
  readonly writes: readonly PlannedWrite<Write>[];
  /** What is written once the master has run empty. */
  readonly drains: readonly PlannedWrite<Write>[];
  /** Groups that become the object's own with the status of this pass. */
  readonly claims: readonly string[];
  /** At least one master told what it holds. */
  readonly looked: boolean;
  /** Groups that held it before this pass. */
  readonly foundOn: readonly string[];
  /** Groups that held it as declared before this pass. */
  readonly sameOn: readonly string[];
  /** Groups whose master told nothing, or is not known. */
  readonly unheardOn: readonly string[];
}

export interface Judgement {
  readonly verdict: Verdict;
  /** Groups whose master holds it as declared; undefined when no master told anything. */
  readonly confirmedOn: readonly string[] | undefined;
  /** Groups whose master told nothing: what was last known of them stands. */
  readonly unheardOn: readonly string[];
}

export type Compare<Desired, Actual, Write> = (
  desired: Desired,
  actual: Actual | undefined,
) => Difference<Write>;

/** What is to be done about one object. */
export function planEntry<Desired, Actual, Write>(
  entry: Entry<Desired>,
  masters: readonly Master[],
  tables: Tables<Actual>,
  compare: Compare<Desired, Actual, Write>,
): Plan<Write> {
  return restrained(entry, compareEverywhere(entry, masters, tables, compare));
}

/** Compares one object with every master. A refusal on one master stops the writes to all: no half-done edits. */
function compareEverywhere<Desired, Actual, Write>(
  entry: Entry<Desired>,
  masters: readonly Master[],
  tables: Tables<Actual>,
  compare: Compare<Desired, Actual, Write>,
): Plan<Write> {
  const problems: Problem[] = [];
  const writes: PlannedWrite<Write>[] = [];
  const drains: PlannedWrite<Write>[] = [];
  const foundOn: string[] = [];
  const sameOn: string[] = [];
  const unheardOn: string[] = [];
  let looked = false;
  for (const master of masters) {
    if (!isDeclaredOn(entry, master.group)) continue;
    if (master.kind === 'Unknown') {
      problems.push({ reason: master.reason, message: master.why, unknown: true });
      unheardOn.push(master.group);
      continue;
    }
    const table = tables.get(master.address);
    if (table === undefined || !table.ok) {
      problems.push(silentBroker(master.group, master.address, table?.error));
      unheardOn.push(master.group);
      continue;
    }
    looked = true;
    const actual = table.value.get(entry.name);
    if (actual !== undefined) foundOn.push(master.group);
    const difference = compare(entry.desired, actual);
    if (difference.kind === 'Same') {
      sameOn.push(master.group);
      continue;
    }
    if (difference.kind === 'Refused') {
      const refused = { reason: difference.reason, message: `${master.group}: ${difference.message}` };
      return {
        refused,
        problems: [],
        writes: [],
        drains: [],
        claims: [],
        looked,
        foundOn,
        sameOn: [],
        unheardOn: [],
      };
    }
    if (master.kind === 'Unconfirmed') {
      problems.push({ reason: 'MasterUnknown', message: master.why, unknown: true });
      continue;
    }
    const keys = difference.kind === 'Create' ? [] : difference.keys;
    const { group, address } = master;
    (difference.kind === 'Drain' ? drains : writes).push({ group, address, write: difference.write, keys });
  }
  const claims = [...sameOn, ...[...writes, ...drains].map(({ group }) => group)];
  return { problems, writes, drains, claims, looked, foundOn, sameOn, unheardOn };
}

export function planOf<Write>(plans: ReadonlyMap<string, Plan<Write>>, key: string): Plan<Write> {
  const plan = plans.get(key);
  if (plan === undefined) throw new RangeError(`no plan for ${key}`);
  return plan;
}

export function isDeclaredOn({ groups }: Pick<Entry<unknown>, 'groups'>, group: string): boolean {
  return groups?.includes(group) ?? true;
}

/** A broker that told nothing. */
export function silentBroker(
  group: string,
  address: string,
  error: unknown,
  role: 'the master' | 'a replica' = 'the master',
): Problem {
  const message = `${role} of ${group}, ${address}, ${whyNot(error)}`;
  return { reason: 'BrokerUnreachable', message, unknown: true };
}

export function silentNameServer(message: string): Problem {
  return { reason: 'NameServersNotReady', message, unknown: true };
}

/**
 * Fits a pass into its limit of objects that are written: edits first, then by key so that repeated passes
 * get through. Returns the keys that have to wait for the next pass.
 */
export function overLimit<Desired, Write>(
  entries: readonly Entry<Desired>[],
  plans: ReadonlyMap<string, Plan<Write>>,
  limit: number,
): ReadonlySet<string> {
  const writing = entries.filter((entry) => (plans.get(entry.key)?.writes.length ?? 0) > 0);
  if (writing.length <= limit) return new Set();
  const ordered = writing.toSorted(
    (a, b) => Number(b.urgent) - Number(a.urgent) || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0),
  );
  return new Set(ordered.slice(limit).map((entry) => entry.key));
}

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
): Judgement {
  if (plan.refused !== undefined) {
    const { refused, sameOn, unheardOn } = plan;
    const confirmedOn = sameOn.length === 0 ? undefined : sameOn;
    return { verdict: { kind: 'Rejected', ...refused }, confirmedOn, unheardOn };
  }
  const problems = [...plan.problems];
  const sameOn = [...plan.sameOn];
  const unheardOn = [...plan.unheardOn];
  let refusal: Verdict | undefined;
  for (const { group, address } of plan.writes) {
    const table = after.get(address);
    if (table === undefined || !table.ok) {
      problems.push(silentBroker(group, address, table?.error));
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
      refusal ??= {
        kind: 'Rejected',
        reason: 'RefusedByBroker',
        message: `${group} refuses it: ${firstLine(failure.message)}`,
      };
    } else if (failure !== undefined || answer?.ok !== true) {
      problems.push(
        silentBroker(group, address, failure ?? (answer?.ok === false ? answer.error : undefined)),
      );
    } else if (difference.kind === 'Drain') {
      problems.push({
        reason: 'Draining',
        message: `${group} is closed to more of what is to go`,
        unknown: false,
      });
    } else {
      problems.push({ reason: 'NotOnEveryMaster', message: notApplied(group, difference), unknown: false });
    }
  }
  const verdict = refusal ?? (problems.length === 0 ? { kind: 'Ready' } : pending(problems));
  return { verdict, confirmedOn: plan.looked ? sameOn : undefined, unheardOn };
}

function notApplied<Write>(group: string, difference: Difference<Write>): string {
  const what = difference.kind === 'Change' ? `without ${difference.keys.join(', ')}` : 'without effect';
  return `${group} accepted the write ${what}`;
}

/** The broker looked at this item and said no; asking again in a second would get the same answer. */
export function isVerdictOfBroker(error: RocketmqError): boolean {
  return error.code === 'Refused' || error.code === 'Invalid' || error.code === 'NotPermitted';
}

/** Brokers answer some refusals with a whole Java stack trace. */
export function firstLine(message: string): string {
  return (message.split('\n', 1)[0] ?? '').slice(0, 500);
}

const QUOTED_PROBLEMS = 3;

/**
 * Known wrong outranks unknown: it is what a person can act on. What waits for consumers comes last, as it keeps nothing
 * else from being tried again. Same problems in, same words out.
 */
export function pending(problems: readonly Problem[]): Verdict {
  const ordered = problems.toSorted((a, b) => rank(a) - rank(b) || compareText(a.message, b.message));
  const [first] = ordered;
  if (first === undefined) throw new RangeError('pending needs a problem');
  const messages = [...new Set(ordered.map((problem) => problem.message))];
  const more = messages.length - QUOTED_PROBLEMS;
  const message = messages.slice(0, QUOTED_PROBLEMS).join('; ') + (more > 0 ? `; and ${more} more` : '');
  return first.reason === 'Draining'
    ? { kind: 'Waiting', reason: first.reason, message, pollMs: soonest(problems) }
    : { kind: 'Pending', reason: first.reason, message, unknown: first.unknown };
}

function soonest(problems: readonly Problem[]): number | undefined {
  const times = problems.flatMap(({ againMs }) => (againMs === undefined ? [] : [againMs]));
  return times.length === problems.length ? Math.min(...times) : undefined;
}

function rank({ reason, unknown }: Problem): number {
  if (reason === 'Draining') return 2;
  return unknown ? 1 : 0;
}
