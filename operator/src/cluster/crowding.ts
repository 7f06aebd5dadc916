/**
 * Nodes that have too much of a cluster. Pure.
 *
 * A master that is cut off goes on by itself: it drops who is beyond the cut from its own sync-state set and acknowledges
 * with the rest, while the controllers on the other side elect from there (docs/decisions/0011). While it is alone on its side
 * it refuses every send, having too few members. With `minInSync` of them on its node it does not, and what it acknowledges
 * until it hears of the election is lost.
 */
import type { ClusterSnapshot, MemberView } from './view.ts';

/**
 * @param minInSync 1 promises nothing that a cut could break
 * @returns a sentence for each node and what it has too much of
 */
export function crowdedNodes({ groups, members }: ClusterSnapshot, minInSync: number): readonly string[] {
  const elected = minInSync < 2 ? [] : groups.filter(({ fixed }) => fixed === undefined);
  return [
    ...elected.flatMap(({ name, members: own }) => {
      const nodes = byNode(own);
      return nodes
        .filter(([, there]) => there >= minInSync && nodes.length > 1)
        .map(
          ([node, there]) =>
            `${node} has ${String(there)} of the ${String(own.length)} members of ${name}: if it is cut off from the others with the master, what is acknowledged there can be lost. Spread the group over more nodes`,
        );
    }),
    ...crowdedControllers(members.filter(({ component }) => component === 'controller')),
  ];
}

/** A lone one has no majority to lose. */
function crowdedControllers(controllers: readonly MemberView[]): readonly string[] {
  const majority = Math.floor(controllers.length / 2) + 1;
  if (controllers.length < 3) return [];
  return byNode(controllers)
    .filter(([, there]) => there >= majority)
    .map(
      ([node, there]) =>
        `${node} has ${String(there)} of the ${String(controllers.length)} controllers: while it is away nobody is elected. Spread them over more nodes`,
    );
}

/** How many are on each node; those without one are nowhere. */
function byNode(members: readonly MemberView[]): readonly (readonly [string, number])[] {
  const nodes = Map.groupBy(members, ({ object }) => object?.spec?.nodeName);
  return [...nodes].flatMap(([node, own]) => (node === undefined ? [] : [[node, own.length] as const]));
}
