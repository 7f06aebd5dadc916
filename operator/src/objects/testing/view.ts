import type { FakeCluster } from '../../../../test/fakes/mod.ts';
import type { ClusterView } from '../kind.ts';

/** What the controller of a cluster would make known of a fake one. */
export function viewOf(cluster: FakeCluster, change: Partial<ClusterView> = {}): ClusterView {
  return {
    key: `n/${cluster.name}`,
    ready: true,
    leaving: false,
    paused: false,
    allowedNamespaces: { from: 'Same' },
    nameServers: cluster.nameServerAddresses,
    controllers: cluster.controllerAddresses,
    proxy: '',
    grpc: 'proxy:8081',
    accessControl: true,
    groups: cluster.groupNames,
    members: membersOf(cluster),
    clusterName: cluster.name,
    heldBack: { timedMs: 600_000, transactionMs: 300_000 },
    ...change,
  };
}

function membersOf(cluster: FakeCluster): ClusterView['members'] {
  return cluster.groupNames.flatMap((group) =>
    cluster.brokers(group).map(({ identity, address }) => ({
      name: `${cluster.name}-${group}-${identity.id - 1}-0`,
      group,
      address,
    })),
  );
}
