/** What an object may do about what was on the brokers before it. Pure. */
import { describeChanges } from './changes.ts';
import type { Entry, Plan } from './plan.ts';

/**
 * `Fail` makes nothing before its status says, as stored, that the name was free: an operator that is killed between the
 * making and the status would take its own work for somebody else's.
 */
export function restrained<Desired, Write>(entry: Entry<Desired>, plan: Plan<Write>): Plan<Write> {
  switch (entry.adoption) {
    case 'Adopt':
      return plan;
    case 'Observe':
      return observed(plan);
    case 'Fail':
      return withoutAdoption(entry, plan);
    default:
      return entry.adoption satisfies never;
  }
}

function observed<Write>(plan: Plan<Write>): Plan<Write> {
  // Who is refused has nothing to write.
  const message = plan.refused?.message ?? describeChanges([...plan.writes, ...plan.drains]);
  if (message === '') return { ...plan, claims: [] };
  return { ...plan, refused: { reason: 'Differs', message }, writes: [], drains: [], claims: [] };
}

function withoutAdoption<Desired, Write>({ name, ownedOn }: Entry<Desired>, plan: Plan<Write>): Plan<Write> {
  const foreign = (groups: readonly string[]): readonly string[] =>
    groups.filter((group) => !ownedOn.includes(group));
  const found = foreign(plan.foundOn);
  if (found.length > 0) {
    const message = `${name} was on ${found.join(', ')} before this object was declared`;
    const refused = { reason: 'AlreadyExists', message } as const;
    return { ...plan, refused, writes: [], drains: [], claims: [], sameOn: [] };
  }
  const free = foreign(plan.claims);
  if (free.length === 0) return plan;
  const writes = plan.writes.filter(({ group }) => ownedOn.includes(group));
  // Whoever was not seen may have it: nothing is claimed before everybody was, and a first status would claim.
  if (plan.problems.length > 0)
    return { ...plan, writes, claims: [], looked: plan.looked && ownedOn.length > 0 };
  const claim = {
    reason: 'NotOnEveryMaster',
    message: `${free.join(' and ')} ${free.length === 1 ? 'has' : 'have'} no ${name}: it is made as soon as this is stored`,
    unknown: false,
  } as const;
  return { ...plan, writes, problems: [claim] };
}
