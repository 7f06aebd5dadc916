/** What is going on while the operator is killed, and what must have come of it in the end. */
import { RocketMQClusters } from '../../../operator/src/api/mod.ts';
import { Pods, toKubeTime } from '../../../operator/src/kube/mod.ts';
import type { Lane } from './lane.ts';
import { brokerPods, brokerSettings, NAME, PROXY, setPods } from './shape.ts';
import { clusterKey } from './state.ts';

export interface Scenario {
  readonly name: 'create' | 'edit' | 'roll' | 'failover' | 'delete';
  /** Whether the cluster is there before. */
  readonly from: 'Absent' | 'Present';
  readonly to: 'Deleted' | 'Present';
  readonly begin: (lane: Lane) => Promise<void>;
  /** Pods that are made, each exactly once. */
  readonly makes: readonly string[];
  /** What quick depth takes: how many crashes, and from about how many calls (a full run counts them) they are drawn. */
  readonly quick: { readonly crashes: number; readonly calls: number };
}

export const scenarios: readonly Scenario[] = [
  {
    name: 'create',
    from: 'Absent',
    to: 'Present',
    begin: (lane) => lane.create(),
    makes: [...setPods, PROXY],
    quick: { crashes: 2, calls: 85 },
  },
  {
    name: 'edit',
    from: 'Present',
    to: 'Present',
    begin: async (lane) => {
      lane.value += 1;
      await lane.kube.mergePatch(RocketMQClusters, clusterKey(lane.namespace), {
        spec: { brokers: { config: brokerSettings(lane.value) } },
      });
    },
    makes: brokerPods,
    quick: { crashes: 2, calls: 55 },
  },
  {
    name: 'roll',
    from: 'Present',
    to: 'Present',
    begin: async (lane) => {
      const annotations = { 'rocketmq.gantry.dev/restart-before': await moment(lane) };
      await lane.kube.mergePatch(RocketMQClusters, clusterKey(lane.namespace), { metadata: { annotations } });
    },
    makes: [...setPods, PROXY],
    quick: { crashes: 1, calls: 80 },
  },
  {
    name: 'failover',
    from: 'Present',
    to: 'Present',
    begin: async (lane) => lane.kubelet.crash(await masterPod(lane)),
    makes: [],
    quick: { crashes: 3, calls: 12 },
  },
  {
    name: 'delete',
    from: 'Present',
    to: 'Deleted',
    begin: async (lane) => {
      // The children first: their owner is there, on its way out, while they go.
      const propagationPolicy = 'Foreground';
      await lane.kube.delete(RocketMQClusters, clusterKey(lane.namespace), { propagationPolicy });
    },
    makes: [],
    quick: { crashes: 2, calls: 2 },
  },
];

/** A second after the youngest pod was made: so all are older, and none that comes later is. */
async function moment(lane: Lane): Promise<string> {
  const { items } = await lane.kube.list(Pods, { namespace: lane.namespace });
  const made = items.map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? ''));
  return toKubeTime(Math.max(...made) + 1_000);
}

async function masterPod(lane: Lane): Promise<string> {
  const address = lane.live.groups[0]?.masterAddress;
  const { items } = await lane.kube.list(Pods, { namespace: lane.namespace });
  const master = items.find(({ status }) => address === `${status?.podIP ?? ''}:10911`);
  if (master === undefined) throw new Error(`${NAME} has no master`);
  return master.metadata.name;
}
