import type { FakeCluster } from '../../../../test/fakes/mod.ts';
import type { ClusterView } from '../kind.ts';

/** What the controller of a cluster would make known of a fake one. */
export function viewOf(cluster: FakeCluster, change: Partial<ClusterView> = {}): ClusterView {
  return {
    key: `n/${cluster.name}`,
    ready: true,
    leaving: false,
    paused: false,
    nameServers: cluster.nameServerAddresses,
    controllers: cluster.controllerAddresses,
    proxy: '',
    groups: cluster.groupNames,
    clusterName: cluster.name,
    heldBack: { timedMs: 600_000, transactionMs: 300_000 },
    ...change,
  };
}
