import { listed } from '../listed.ts';

const QUOTED = 3;

/** `group a`, `groups a, b, c and 4 more`. */
export function groupsInWords(groups: readonly string[]): string {
  return `${groups.length === 1 ? 'group' : 'groups'} ${listed(groups, QUOTED)}`;
}
