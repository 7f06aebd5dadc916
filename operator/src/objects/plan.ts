import type { AdoptionPolicy } from '../api/mod.ts';
import type { Change } from './changes.ts';
import { restrained } from './adoption.ts';
import { compareText } from '../compare-text.ts';
import type { AdoptionReason, Difference, Places, RefusalReason } from './kind.ts';
import { roleIn } from './places.ts';
import { silentBroker, type Problem } from './problems.ts';
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
  /** Its status says of this very spec since when everything has been closed to what is to run empty. */
  readonly drainingSinceMs: number | undefined;
  /** So does the stored one: whoever reads it next would believe it. */
  readonly drainTold: boolean;
  /** Broker groups that its stored status claims: what is there is its own. */
  readonly ownedOn: readonly string[];
  /** It is to take what is on the brokers along when it goes, and has no finalizer yet that makes it wait for that. */
  readonly unheld: boolean;
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
  places: Places,
): Plan<Write> {
  return restrained(entry, compareEverywhere(entry, masters, tables, compare, places));
}

/** Compares one object with every master. A refusal on one master stops the writes to all: no half-done edits. */
function compareEverywhere<Desired, Actual, Write>(
  entry: Entry<Desired>,
  masters: readonly Master[],
  tables: Tables<Actual>,
  compare: Compare<Desired, Actual, Write>,
  places: Places,
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
      problems.push({ group: master.group, reason: master.reason, message: master.why, unknown: true });
      unheardOn.push(master.group);
      continue;
    }
    const table = tables.get(master.address);
    if (table === undefined || !table.ok) {
      problems.push(silentBroker(master.group, master.address, table?.error, roleIn(places)));
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
      const { group, why: message } = master;
      problems.push({ group, reason: 'MasterUnknown', message, unknown: true });
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
    (a, b) => Number(b.urgent) - Number(a.urgent) || compareText(a.key, b.key),
  );
  return new Set(ordered.slice(limit).map((entry) => entry.key));
}
