/**
 * Messages that were delivered to a consumer group and are not acknowledged. Only the memory of brokers has that of POP groups,
 * and only their exporters tell it (rocketmq-wire.md §4.3).
 */
import type { ClusterView, Master } from '../objects/mod.ts';
import { ExporterError, samplesOf, type ExporterCall } from './exporter.ts';
import type { Sample } from './prometheus-text.ts';
import type { ReadersOnMasters } from './readers.ts';

const METRIC = 'rocketmq_consumer_inflight_messages';

/** Messages by group, of groups of which it is known; or why it is of none. */
export type InFlight =
  | { readonly kind: 'Known'; readonly counts: ReadonlyMap<string, number> }
  | { readonly kind: 'Unknown'; readonly why: string };

/** By group and topic. */
type Counts = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** @throws only the signal's reason */
export async function observeInFlight(
  masters: readonly Master[],
  readers: ReadersOnMasters,
  { metricsPort }: Pick<ClusterView, 'metricsPort'>,
  call: ExporterCall,
): Promise<InFlight> {
  if (metricsPort === undefined)
    return unknown('brokers export no metrics: see spec.monitoring.brokerMetrics');
  const told = await Promise.all(masters.map((master) => countsOn(master, metricsPort, call)));
  const silent = told.filter((each) => typeof each === 'string');
  if (silent.length > 0) return unknown(silent.join('; '));
  const counts = new Map(
    masters.flatMap(({ group }, index) => {
      const each = told[index];
      return typeof each === 'object' ? [[group, each]] : [];
    }),
  );
  return { kind: 'Known', counts: inFlightByGroup(counts, readers) };
}

function unknown(why: string): InFlight {
  return { kind: 'Unknown', why };
}

/** @returns why it is not known, when it is a text */
async function countsOn(master: Master, port: number, call: ExporterCall): Promise<Counts | string> {
  if (master.kind === 'Unknown') return master.why;
  try {
    return countsIn(await samplesOf(hostOf(master.address), port, METRIC, call));
  } catch (error) {
    if (!(error instanceof ExporterError)) throw error;
    return `${master.group}: ${error.message}`;
  }
}

const hostOf = (address: string): string => address.slice(0, address.lastIndexOf(':'));

/** Retries are samples of their own, of the topic that they were sent to. */
function countsIn(samples: readonly Sample[]): Counts {
  const counts = new Map<string, Map<string, number>>();
  for (const { labels, value } of samples) {
    const group = labels.get('consumer_group');
    const topic = labels.get('topic');
    if (group === undefined || topic === undefined || !Number.isFinite(value)) continue;
    const topics = counts.get(group) ?? new Map<string, number>();
    counts.set(group, topics.set(topic, (topics.get(topic) ?? 0) + value));
  }
  return counts;
}

/**
 * A broker tells of a group as long as it knows who reads, and forgets the clients of proxies 10 minutes after their last
 * request (ConsumerManager): then what they hold is unknown. So a group counts where each master on which it has a place in a
 * topic tells of it, for all topics of which one tells.
 *
 * @param told by broker group
 */
export function inFlightByGroup(
  told: ReadonlyMap<string, Counts>,
  readers: ReadersOnMasters,
): ReadonlyMap<string, number> {
  const groups = new Set([...told.values()].flatMap((counts) => [...counts.keys()]));
  return new Map(
    [...groups].flatMap((group) => {
      const topics = new Set([...told.values()].flatMap((counts) => [...(counts.get(group)?.keys() ?? [])]));
      let sum = 0;
      for (const [brokerGroup, counts] of told) {
        const readersThere = readers.get(brokerGroup);
        for (const topic of topics) {
          const count = counts.get(group)?.get(topic);
          if (count !== undefined) sum += count;
          else if (readersThere === undefined || readersThere.get(topic)?.includes(group) === true) return [];
        }
      }
      return [[group, sum]];
    }),
  );
}
