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
      return entry.claimed ? plan : unclaimed(entry.name, plan);
    default:
      return entry.adoption satisfies never;
  }
}

function observed<Write>(plan: Plan<Write>): Plan<Write> {
  // Who is refused has nothing to write.
  const message = plan.refused?.message ?? describeChanges([...plan.writes, ...plan.drains]);
  return message === '' ? plan : { ...plan, refused: { reason: 'Differs', message }, writes: [], drains: [] };
}

function unclaimed<Write>(name: string, plan: Plan<Write>): Plan<Write> {
  if (plan.foundOn.length > 0) {
    const message = `${name} was on ${plan.foundOn.join(', ')} before this object was declared`;
    return { ...plan, refused: { reason: 'AlreadyExists', message }, writes: [], drains: [], sameOn: [] };
  }
  // Whoever was not seen may have it, and a list of groups in the status would say that everybody was.
  if (plan.problems.length > 0) return { ...plan, writes: [], looked: false };
  const claim = {
    reason: 'NotOnEveryMaster',
    message: `no master has ${name}: it is made as soon as this is stored`,
    unknown: false,
  } as const;
  return { ...plan, writes: [], problems: [claim] };
}
