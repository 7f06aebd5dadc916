const QUOTED = 3;

/** `group a`, `groups a, b, c and 4 more`. */
export function groupsInWords(groups: readonly string[]): string {
  const more = groups.length - QUOTED;
  const quoted = groups.slice(0, QUOTED).join(', ') + (more > 0 ? ` and ${more} more` : '');
  return `${groups.length === 1 ? 'group' : 'groups'} ${quoted}`;
}
