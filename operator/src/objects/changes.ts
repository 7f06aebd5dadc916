/** What one master lacks of an object. */
export interface Change {
  readonly group: string;
  /** RocketMQ's own names of what differs; empty: the master does not have it. */
  readonly keys: readonly string[];
}

/** For events and messages. */
export function describeChanges(changes: readonly Change[]): string {
  return changes
    .map(({ group, keys }) => (keys.length === 0 ? `missing on ${group}` : `${keys.join(', ')} on ${group}`))
    .join('; ');
}
