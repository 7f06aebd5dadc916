/** Asks masters and proxies about a group. What several groups need is asked once. */
import type { Clock } from '../kube/mod.ts';
import { answerOf, observeClients, untilSilent, type Clients, type LagServers } from '../lag/mod.ts';
import { observeTopology, type ClusterView, type Master } from '../objects/mod.ts';
import { RocketmqError, type ConsumerOffsets, type TopicStats } from '../rocketmq/mod.ts';
import type { ObservedQueues } from './model.ts';
import { queuesOf, topicsOf, type HeardQueues } from './queues.ts';
import { Shared } from './shared.ts';

/** Less than the shortest time between two polls of a group: no poll gets what the one before it got. */
const FRESH_MS = 1_000;
/** Most groups have none of the retry topics that they can have. */
const ABSENT_MS = 30_000;
/** Asking takes as long as the slowest name server. */
const MASTERS_MS = 5_000;
const CLIENTS_MS = 5_000;
const CALL_TIMEOUT_MS = 3_000;

export interface HeardGroup {
  readonly queues: ObservedQueues;
  /** When the queues were heard. */
  readonly atMs: number;
  /** Undefined: a master or the proxies do not answer. */
  readonly clients: Clients | undefined;
}

type Stats = TopicStats | 'Absent';

export class QueueObserver {
  readonly #clock: Pick<Clock, 'now' | 'monotonicMs'>;
  readonly #callTimeoutMs: number;
  readonly #masters: Shared<readonly Master[]>;
  readonly #offsets: Shared<ConsumerOffsets>;
  readonly #stats: Shared<Stats>;
  readonly #clients: Shared<Clients | undefined>;

  constructor(clock: Pick<Clock, 'now' | 'monotonicMs'>, callTimeoutMs = CALL_TIMEOUT_MS) {
    this.#clock = clock;
    this.#callTimeoutMs = callTimeoutMs;
    this.#masters = new Shared(clock, () => MASTERS_MS);
    this.#offsets = new Shared(clock, () => FRESH_MS);
    this.#stats = new Shared(clock, (stats) => (stats === 'Absent' ? ABSENT_MS : FRESH_MS));
    this.#clients = new Shared(clock, () => CLIENTS_MS);
  }

  /** Takes no longer than three calls. Whoever does not answer leaves something unknown. */
  async observe(view: ClusterView, servers: LagServers, group: string): Promise<HeardGroup> {
    const options = { timeoutMs: this.#callTimeoutMs };
    const { value: masters } = await this.#masters.of(
      view.key,
      async () => (await observeTopology(view, servers, options)).masters,
    );
    const [clients, heard] = await Promise.all([
      this.#clients.of(`${view.key} ${group}`, async () =>
        (await observeClients(masters, view.proxy, [group], servers, options)).get(group),
      ),
      this.#queues(view.key, masters, servers, group),
    ]);
    return { ...heard, clients: clients.value };
  }

  async #queues(
    cluster: string,
    masters: readonly Master[],
    servers: LagServers,
    group: string,
  ): Promise<Pick<HeardGroup, 'queues' | 'atMs'>> {
    const asked = await Promise.all(masters.map(async (master) => this.#places(cluster, master, servers)));
    const silent = asked.filter((each) => typeof each === 'string');
    const told = asked.filter((each) => typeof each !== 'string');
    if (silent.length > 0) return { queues: { kind: 'Partial', silent }, atMs: this.#clock.now() };
    const topics = topicsOf(
      group,
      told.map(({ offsets }) => offsets),
    );
    const heard = await Promise.all(
      told.map(async ({ broker, address, offsets }): Promise<HeardQueues> => ({
        broker,
        offsets: offsets.get(group) ?? new Map(),
        stats: await this.#ends(cluster, address, topics, servers),
      })),
    );
    const atMs = Math.min(this.#clock.now(), ...told.map((each) => each.atMs));
    return { queues: queuesOf(topics, heard), atMs };
  }

  /** @returns who does not tell */
  async #places(cluster: string, master: Master, servers: LagServers): Promise<Places | string> {
    if (master.kind === 'Unknown') return `${master.group} (${master.why})`;
    const { group: broker, address } = master;
    try {
      const { value: offsets, atMs } = await this.#offsets.of(`${cluster} ${address}`, async () =>
        servers.broker(address).consumerOffsets({ timeoutMs: this.#callTimeoutMs }),
      );
      return { broker, address, offsets, atMs };
    } catch (error) {
      if (!(error instanceof RocketmqError)) throw error;
      return broker;
    }
  }

  async #ends(
    cluster: string,
    address: string,
    topics: readonly string[],
    servers: LagServers,
  ): Promise<ReadonlyMap<string, Stats>> {
    const stats = new Map<string, Stats>();
    await untilSilent(topics, async (topic) => {
      const told = await answerOf(this.#statsOf(`${cluster} ${address} ${topic}`, address, topic, servers));
      if (typeof told === 'string') return told !== 'Silent';
      stats.set(topic, told.value);
      return true;
    });
    return stats;
  }

  async #statsOf(key: string, address: string, topic: string, servers: LagServers) {
    return this.#stats.of(key, async (): Promise<Stats> => {
      try {
        return await servers.broker(address).topicStats(topic, { timeoutMs: this.#callTimeoutMs });
      } catch (error) {
        if (error instanceof RocketmqError && error.code === 'NotFound') return 'Absent';
        throw error;
      }
    });
  }
}

interface Places {
  readonly broker: string;
  readonly address: string;
  readonly offsets: ConsumerOffsets;
  readonly atMs: number;
}
