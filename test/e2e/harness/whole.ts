import type { ClusterFacts } from './probe/protocol.ts';
import type { Shape } from './topology.ts';

/**
 * What keeps the groups of a cluster from being whole, by what its servers say; nothing: each has a master, every member
 * is in sync, and every name server knows all of them.
 */
export function lackingOf(facts: ClusterFacts, shape: Shape): readonly string[] {
  const groups = shape.groups.flatMap((name) => {
    const { masterAddress, inSync = [], registrations = {} } = facts.groups[name] ?? {};
    if (masterAddress === undefined) return [`${name} has no master`];
    const apart = inSync.length < shape.members ? [`${name}: ${String(inSync.length)} in sync`] : [];
    const unregistered = Object.entries(registrations)
      .filter(([, members]) => Object.keys(members).length < shape.members || members['0'] !== masterAddress)
      .map(([nameServer, members]) => `${name} in ${nameServer}: ${JSON.stringify(members)}`);
    const silent = shape.nameServers - Object.keys(registrations).length;
    return [
      ...apart,
      ...unregistered,
      ...(silent > 0 ? [`${String(silent)} name servers said nothing`] : []),
    ];
  });
  return [...facts.errors, ...groups];
}
