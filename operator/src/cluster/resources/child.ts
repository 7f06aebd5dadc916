import type { ObjectMeta, OwnerReference } from '../../kube/mod.ts';
import type { ClusterIdentity } from '../addresses.ts';

export interface Parent {
  readonly id: ClusterIdentity;
  /** Makes Kubernetes remove the children with the cluster, so that no finalizer can hang. */
  readonly owner: OwnerReference;
}

export function childMetadata(
  parent: Parent,
  name: string,
  labels: Readonly<Record<string, string>>,
): Pick<ObjectMeta, 'name' | 'labels' | 'ownerReferences'> & { readonly namespace: string } {
  return { name, namespace: parent.id.namespace, labels, ownerReferences: [parent.owner] };
}
