import { join } from 'node:path';
import type { NodeSettings } from './source.ts';

/** A service's port on a node, and where kind publishes it on this machine. */
interface PublishedPort {
  readonly node: number;
  readonly host: number;
}

/** Of the services that people talk to. */
export const publishedPorts = {
  order: { node: 30080, host: 18080 },
  asset: { node: 30081, host: 18081 },
} as const satisfies Readonly<Record<string, PublishedPort>>;

/**
 * Every request of the operator goes into the audit log, reads too, so that tests can count them and hold its roles
 * against them; and everybody's deletions, so that a failed test can be explained. Nothing else does.
 */
export const auditPolicy = JSON.stringify({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'Metadata', users: ['system:serviceaccount:gantry-system:gantry'] },
    { level: 'Metadata', verbs: ['delete', 'deletecollection'] },
    { level: 'Metadata', verbs: ['create'], resources: [{ group: '', resources: ['pods/eviction'] }] },
    { level: 'None' },
  ],
});

const POLICY_FILE = '/etc/kubernetes/audit-policy.yaml';
/** Where the control plane's node container has the log. */
export const AUDIT_LOG = '/var/log/kubernetes/audit.log';

export interface ClusterPlace {
  /** The folder of this machine that holds `audit-policy.yaml`. */
  readonly folder: string;
  /** Whether this machine's loopback is given the services' ports: one cluster at a time can have them. */
  readonly ports: boolean;
  readonly workers: number;
}

/** The kind configuration of a cluster: one control plane and some workers. JSON, which is YAML too. */
export function kindConfig(settings: NodeSettings, place: ClusterPlace): string {
  // 1.35 refuses a machine whose control groups are of version 1 unless it is told to go on.
  const kubelet = { kind: 'KubeletConfiguration', failCgroupV1: false, oomScoreAdj: 0 };
  const extraPortMappings = Object.values(publishedPorts).map(({ node, host }) => ({
    containerPort: node,
    hostPort: host,
    listenAddress: '127.0.0.1',
  }));
  const controlPlane = {
    role: 'control-plane',
    extraMounts: [
      { hostPath: join(place.folder, 'audit-policy.yaml'), containerPath: POLICY_FILE, readOnly: true },
    ],
    ...(place.ports ? { extraPortMappings } : {}),
  };
  return JSON.stringify({
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    networking: { ipFamily: 'ipv4', apiServerAddress: '127.0.0.1', ...settings.network },
    nodes: [controlPlane, ...Array.from({ length: place.workers }, () => ({ role: 'worker' }))],
    kubeadmConfigPatches: [kubelet, ...controlPlanePatches()].map((patch) => JSON.stringify(patch)),
  });
}

/**
 * The API server's audit log, and an etcd that does not wait for the disk: a cluster for tests does not outlive its
 * machine, and a disk that builds keep busy would slow every write. kubeadm takes the arguments as a map up to its
 * v1beta3 (Kubernetes 1.35 here) and as a list from v1beta4.
 */
function controlPlanePatches(): object[] {
  const args = {
    'audit-policy-file': POLICY_FILE,
    'audit-log-path': AUDIT_LOG,
    // A test at the end of a run reads all of it: no full file is thrown away, neither for its age nor for the others.
    'audit-log-maxsize': '50',
    'audit-log-maxbackup': '100',
    'audit-log-maxage': '0',
  };
  const extraVolumes = [
    { name: 'audit-policy', hostPath: POLICY_FILE, mountPath: POLICY_FILE, readOnly: true, pathType: 'File' },
    {
      name: 'audit-log',
      hostPath: '/var/log/kubernetes',
      mountPath: '/var/log/kubernetes',
      pathType: 'DirectoryOrCreate',
    },
  ];
  const etcdArgs = { 'unsafe-no-fsync': 'true' };
  const patch = (version: string, spell: (args: Readonly<Record<string, string>>) => unknown): object => ({
    apiVersion: `kubeadm.k8s.io/${version}`,
    kind: 'ClusterConfiguration',
    apiServer: { extraArgs: spell(args), extraVolumes },
    etcd: { local: { extraArgs: spell(etcdArgs) } },
  });
  return [
    patch('v1beta3', (each) => each),
    patch('v1beta4', (each) => Object.entries(each).map(([name, value]) => ({ name, value }))),
  ];
}
