/** KEDA with a scaler for RocketMQ that it does not have: the lag of a group, as its scaler for Kafka takes it (§1.1, §1.2). */
import type { Contestant } from './contestant.ts';
import { Hpa, type HpaBehavior } from './hpa.ts';
import { seeded, seedOf } from './random.ts';
import type { World } from './world.ts';

const HPA_SECONDS = 15;
const POLL_SECONDS = 30;
const COOLDOWN_SECONDS = 300;
const SCRAPE_SECONDS = 15;
const EXPORTER_SECONDS = 60;

export interface KedaSettings {
  readonly name: string;
  /** Messages for each replica. */
  readonly threshold: number;
  readonly tolerance: number;
  readonly behavior: HpaBehavior | undefined;
  /** `Direct`: asks brokers. `Broker`: their metrics through Prometheus. `Exporter`: those of rocketmq-exporter. */
  readonly source: 'Direct' | 'Broker' | 'Exporter';
}

export function keda(settings: KedaSettings): Contestant {
  return {
    name: settings.name,
    enter: (world, seed) => {
      const run = new KedaRun(settings, world, seed);
      return () => run.act();
    },
  };
}

/** Something that happens every so often. */
class Timer {
  readonly #seconds: number;
  #next: number;

  constructor(seconds: number, phase: number) {
    this.#seconds = seconds;
    this.#next = phase * seconds;
  }

  isDue(now: number): boolean {
    if (now < this.#next) return false;
    this.#next += this.#seconds;
    return true;
  }
}

class KedaRun {
  readonly #settings: KedaSettings;
  readonly #world: World;
  readonly #hpa: Hpa;
  readonly #sync: Timer;
  readonly #poll: Timer;
  readonly #scrape: Timer;
  readonly #export: Timer;
  #exported: number | undefined;
  #scraped: number | undefined;
  #activeAt = -Infinity;

  constructor(settings: KedaSettings, world: World, seed: number) {
    const random = seeded(seedOf('keda', world.workload.name, seed));
    const { maxReplicas } = world.settings;
    const { minReplicas } = world.workload;
    const { threshold: target, tolerance, behavior } = settings;
    this.#settings = settings;
    this.#world = world;
    this.#hpa = new Hpa({ minReplicas, maxReplicas, target, tolerance, behavior });
    this.#sync = new Timer(HPA_SECONDS, random());
    // It begins when its ScaledObject is made, as the run does.
    this.#poll = new Timer(POLL_SECONDS, 0);
    this.#scrape = new Timer(SCRAPE_SECONDS, random());
    this.#export = new Timer(EXPORTER_SECONDS, random());
  }

  act(): void {
    const { now, deployment } = this.#world;
    const { source } = this.#settings;
    if (source !== 'Direct') {
      if (this.#export.isDue(now)) this.#exported = this.#lag();
      if (this.#scrape.isDue(now)) this.#scraped = source === 'Exporter' ? this.#exported : this.#gauge();
    }
    if (this.#world.workload.minReplicas === 0 && this.#poll.isDue(now)) this.#activate(now);
    if (!this.#sync.isDue(now)) return;
    const { replicas, pods } = deployment;
    this.#world.scaleTo(this.#hpa.next(now, this.#metric(), replicas, pods.length));
  }

  /** From and to zero: by the lag alone, whatever the HPA wants. */
  #activate(now: number): void {
    const lag = this.#value();
    if (lag === undefined) return;
    const { replicas } = this.#world.deployment;
    if (lag > 0) {
      this.#activeAt = now;
      if (replicas === 0) this.#world.scaleTo(1);
    } else if (replicas > 0 && now - this.#activeAt > COOLDOWN_SECONDS) this.#world.scaleTo(0);
  }

  #metric(): number | undefined {
    const lag = this.#value();
    // A query of Prometheus does not know of queues, and a group of gRPC clients is not bound by them.
    if (lag === undefined || this.#world.mode === 'pop' || this.#settings.source !== 'Direct') return lag;
    // Consumers beyond the queues are not asked for, in whole numbers.
    const { threshold } = this.#settings;
    const { brokers, queuesPerBroker } = this.#world.settings;
    const queues = brokers * queuesPerBroker;
    return Math.floor(lag / threshold) > queues ? queues * threshold : lag;
  }

  #value(): number | undefined {
    return this.#settings.source === 'Direct' ? this.#lag() : this.#scraped;
  }

  #lag(): number | undefined {
    return this.#world.isMute ? undefined : Math.floor(this.#world.lag);
  }

  /** Series of a group that nobody is in are gone, which KEDA reads as 0 (`ignoreNullValues`). */
  #gauge(): number | undefined {
    return this.#world.readers.length === 0 ? 0 : this.#lag();
  }
}
