/** A namespace whose clusters get all their objects and never a pod: where many are made, or fakes stand for them. */
import type { KubeApi, ResourceType } from '../../../operator/src/kube/mod.ts';

const ResourceQuotas: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  namespaced: true,
};

export async function allowNoPods(kube: KubeApi, namespace: string): Promise<void> {
  const quota = {
    apiVersion: 'v1',
    kind: ResourceQuotas.kind,
    metadata: { namespace, name: 'no-pods' },
    spec: { hard: { pods: '0', persistentvolumeclaims: '0' } },
  };
  await kube.apply(ResourceQuotas, quota);
}
