/** How many members of each group run. */
import { Pods, type KubeApi, type Pod } from '../../../operator/src/kube/mod.ts';
import { instance } from './children.ts';
import { listAll } from './kube.ts';
import { memberPods, type Shape } from './topology.ts';

/** In the order of the groups. A hand-over takes replicas out of the sync-state set, which is another matter. */
export async function membersUp(kube: KubeApi, shape: Shape): Promise<readonly number[]> {
  const pods = await listAll(kube, Pods, shape.namespace, instance(shape.name));
  const up = new Set(pods.filter((pod) => isUp(pod)).map(({ metadata }) => metadata.name));
  return shape.groups.map((group) => memberPods(shape, group).filter((name) => up.has(name)).length);
}

function isUp({ metadata, status }: Pod): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    status?.conditions?.some((one) => one.type === 'ContainersReady' && one.status === 'True') === true
  );
}
