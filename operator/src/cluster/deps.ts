import type { RocketMQCluster } from '../api/mod.ts';
import type {
  Clock,
  ControllerMetrics,
  EventSink,
  InformerFace,
  KubeApi,
  Logger,
  Node,
  ObjectApplier,
  Random,
} from '../kube/mod.ts';
import type { ChildInformers } from './children.ts';
import type { FailoverMetrics } from './failover-metrics.ts';
import type { Rocketmq } from './observe.ts';

export interface ClusterControllerDeps {
  readonly client: KubeApi;
  readonly informers: ChildInformers & {
    readonly clusters: InformerFace<RocketMQCluster>;
    readonly nodes: InformerFace<Node>;
  };
  readonly rocketmq: Rocketmq;
  readonly applier: ObjectApplier;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics?: ControllerMetrics;
  readonly failovers: FailoverMetrics;
  /** What runs beside brokers; without it nothing does. */
  readonly guardImage?: string;
  /** DNS domain of the Kubernetes cluster; default `cluster.local`. */
  readonly domain?: string;
}
