import { keyOf, type InformerFace, type KubeObject } from '../kube/mod.ts';
import type { ClusterView, Places } from './kind.ts';

export interface ClusterObject extends KubeObject {
  readonly status?: {
    readonly groups?:
      | readonly {
          readonly name: string;
          readonly master?: string | undefined;
          readonly epoch?: number | undefined;
          readonly members?:
            readonly { readonly name: string; readonly ready?: boolean | undefined }[] | undefined;
        }[]
      | undefined;
  };
}

/**
 * Tells a change of a cluster on only when it concerns the objects on it: its addresses, groups, readiness, or who
 * is master. A new master may lack what the old one was given last, so all objects are compared again at once. So may a member
 * that comes back, which is told for objects that every member has.
 */
export function watchClusters<C extends ClusterObject>(
  informer: Pick<InformerFace<C>, 'onChange'>,
  viewOf: (cluster: C) => ClusterView,
  places: Places,
  changed: (clusterKey: string, view: ClusterView | undefined) => void,
): void {
  const fingerprints = new Map<string, string>();
  informer.onChange(({ type, object }) => {
    const key = keyOf(object);
    if (type === 'Deleted') {
      fingerprints.delete(key);
      changed(key, undefined);
      return;
    }
    const view = viewOf(object);
    const groups = object.status?.groups?.map(({ name, master, epoch, members = [] }) =>
      places === 'Masters' ? [name, master, epoch] : members.map((member) => [member.name, member.ready]),
    );
    const fingerprint = JSON.stringify([view, groups]);
    if (fingerprints.get(key) === fingerprint) return;
    fingerprints.set(key, fingerprint);
    changed(key, view);
  });
}

/** Views of the clusters that there are, by key, kept up to date. */
export function trackClusters<C extends ClusterObject>(
  informer: Pick<InformerFace<C>, 'onChange'>,
  viewOf: (cluster: C) => ClusterView,
  changed: (clusterKey: string) => void = () => undefined,
): ReadonlyMap<string, ClusterView> {
  const views = new Map<string, ClusterView>();
  watchClusters(informer, viewOf, 'Masters', (key, view) => {
    if (view === undefined) views.delete(key);
    else views.set(key, view);
    changed(key);
  });
  return views;
}
