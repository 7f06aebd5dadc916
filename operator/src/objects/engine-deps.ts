/** What the loop works with. */
import type { Clock, ControllerMetrics, EventSink, FinalizerApi, Logger, Random } from '../kube/mod.ts';
import type { NamespaceLookup } from './consent.ts';
import type { ClusterView } from './kind.ts';
import type { ObjectMetrics } from './metrics.ts';
import type { EngineTimings } from './timings.ts';
import type { RocketmqServers } from './topology.ts';

export interface EngineDeps {
  readonly api: FinalizerApi;
  /** The servers of a cluster, asked in its own name. */
  readonly serversOf: (view: ClusterView) => RocketmqServers;
  readonly namespaces: NamespaceLookup;
  readonly events: EventSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: ObjectMetrics;
  /** Every object is compared with the brokers this often, although nothing has changed. */
  readonly resyncMs: number;
  readonly timings?: Partial<EngineTimings>;
  /** The runtime's own metrics of this controller's passes. */
  readonly controllerMetrics?: ControllerMetrics | undefined;
}
