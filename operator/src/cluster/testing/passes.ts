import type { RocketMQCluster } from '../../api/mod.ts';
import { Pods } from '../../kube/mod.ts';
import type { Pass } from '../reconcile.ts';
import type { World } from './world.ts';

/** Passes over a cluster, with what Kubernetes does between them. */
export async function passes(world: World, cluster: RocketMQCluster, count: number): Promise<Pass> {
  let pass = await world.reconcile(cluster);
  for (let round = 1; round < count; round += 1) {
    await world.settle();
    pass = await world.reconcile(cluster);
  }
  return pass;
}

/** By name: another one once the pod was made again. */
export function uids(world: World): ReadonlyMap<string, string | undefined> {
  return new Map(world.api.stored(Pods).map(({ metadata }) => [metadata.name, metadata.uid]));
}
