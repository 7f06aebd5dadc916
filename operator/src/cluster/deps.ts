import type { RocketMQCluster, User } from '../api/mod.ts';
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
import type { Rocketmq, SigningRocketmq } from './observe.ts';
import type { RandomBytes } from './resources/credentials-secret.ts';

export interface ClusterControllerDeps {
  readonly client: KubeApi;
  readonly informers: ChildInformers & {
    readonly clusters: InformerFace<RocketMQCluster>;
    readonly nodes: InformerFace<Node>;
    readonly users: InformerFace<User>;
  };
  readonly rocketmq: SigningRocketmq;
  readonly applier: ObjectApplier;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly random: Random;
  /** Of secrets. */
  readonly randomBytes: RandomBytes;
  readonly log: Logger;
  readonly metrics?: ControllerMetrics;
  readonly failovers: FailoverMetrics;
  /** Where this operator runs. */
  readonly operatorNamespace: string;
  /** What runs beside brokers; without it nothing does. */
  readonly guardImage?: string;
  /** DNS domain of the Kubernetes cluster; default `cluster.local`. */
  readonly domain?: string;
}

/** For one pass over one cluster: as whom RocketMQ is asked is settled. */
export interface PassDeps extends Omit<ClusterControllerDeps, 'rocketmq'> {
  readonly rocketmq: Rocketmq;
}
