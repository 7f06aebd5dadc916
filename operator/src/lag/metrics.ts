import { Gauge, type Registry } from 'prom-client';
import type { Consumption } from './observe.ts';

/** Labels are the key of the cluster, RocketMQ's name of the group and, of lag, the topic. What is unknown has no series. */
export interface LagMetrics {
  /** @param cluster its key, namespace/name @param groups all of its groups: the series of others go */
  told(cluster: string, groups: ReadonlyMap<string, Consumption>): void;
  forget(cluster: string): void;
}

/** Registers them: once a registry. */
export function lagMetrics(registry: Registry): LagMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string): Gauge<'cluster' | 'group'> =>
    new Gauge({
      name: `gantry_consumer_group_${name}`,
      help,
      labelNames: ['cluster', 'group'] as const,
      registers,
    });
  const lag = new Gauge({
    name: 'gantry_consumer_group_lag_messages',
    help: 'Messages of a topic that wait for a consumer group; of gRPC groups that are not ordered without those in flight.',
    labelNames: ['cluster', 'group', 'topic'] as const,
    registers,
  });
  const unplaced = gauge(
    'unplaced_queues',
    'Queues with messages in which a consumer group has no place yet.',
  );
  const oldest = gauge(
    'oldest_message_seconds',
    'Age of the oldest message that waits for a consumer group.',
  );
  const members = gauge('members', 'Clients of a consumer group that are connected.');
  const inFlight = gauge(
    'in_flight_messages',
    'Messages that were delivered to a consumer group and are not acknowledged yet.',
  );
  const deadLetters = gauge('dead_letters', 'Messages that a consumer group could not consume.');

  /** What takes the series of each cluster away. */
  const series = new Map<string, (() => void)[]>();
  const forget = (cluster: string): void => {
    for (const remove of series.get(cluster) ?? []) remove();
    series.delete(cluster);
  };
  return {
    forget,
    told: (cluster, groups) => {
      forget(cluster);
      const removals: (() => void)[] = [];
      for (const [
        group,
        { backlog, oldestMs, members: clients, inFlight: held, deadLetters: dead },
      ] of groups) {
        const labels = { cluster, group };
        for (const [topic, messages] of backlog?.topics ?? []) {
          lag.set({ ...labels, topic }, messages);
          removals.push(() => lag.remove({ ...labels, topic }));
        }
        const values: readonly (readonly [typeof members, number | undefined])[] = [
          [unplaced, backlog?.unplacedQueues],
          [oldest, oldestMs === undefined ? undefined : oldestMs / 1_000],
          [members, clients],
          [inFlight, held],
          [deadLetters, dead],
        ];
        for (const [each, value] of values) {
          if (value === undefined) continue;
          each.set(labels, value);
          removals.push(() => each.remove(labels));
        }
      }
      series.set(cluster, removals);
    },
  };
}
