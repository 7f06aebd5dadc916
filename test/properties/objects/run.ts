/** One run of steps, watched all the way, and what came of it. */
import { fromSecretData, Secrets } from '../../../operator/src/kube/mod.ts';
import { problemOf } from '../answers/for-people.ts';
import type { MemoryNetwork } from '../world/memory-network.ts';
import { World } from '../world/world.ts';
import { act, furnish } from './act.ts';
import { Audit } from './audit.ts';
import { kinds } from './claims.ts';
import { isAtRest, readyOf, wrongsAtRest } from './expected.ts';
import { Licences } from './licences.ts';
import { inWords, shapes, type Step } from './steps.ts';
import { Untouched } from './untouched.ts';

/** Longer than a resync, and than any pause before something is tried again: who writes nothing for so long is at rest. */
const lookMs = 140_000;
/** Of queues that go a part waits for the next look, for three minutes, for the next look, and for consumers. */
const patienceMs = 15 * lookMs;
/** Two resyncs. */
const quietMs = 250_000;
const garbagePeriodMs = 10_000;

export class Run {
  readonly #world: World;
  readonly #licences: Licences;
  readonly #untouched: Untouched;
  readonly #audit: Audit;
  /** What happened so far, for people. */
  readonly #story: string[] = [];
  #disturb: MemoryNetwork['disturb'] = (answer) => answer;

  static async start(seed: number): Promise<Run> {
    const world = await World.start(shapes, seed);
    await furnish(world);
    world.startOperator();
    return new Run(world);
  }

  private constructor(world: World) {
    this.#world = world;
    this.#licences = new Licences(world);
    this.#licences.note();
    this.#untouched = new Untouched(world, this.#licences);
    this.#audit = new Audit(world, this.#licences);
    this.#collectGarbage();
  }

  /** What becomes of answers from now on, but while everything is well. */
  disturb(disturb: MemoryNetwork['disturb']): void {
    this.#disturb = disturb;
    this.#world.network.disturb = disturb;
  }

  /** @throws Error with the whole story when something is wrong */
  async take(step: Step): Promise<void> {
    this.#check();
    const { action } = step;
    const done = await act(this.#world, action);
    if (!done) return;
    this.#story.push(`${this.#story.length + 1}. ${inWords(step)}`);
    // While a process ends time passes, and it may still write.
    if (action.do !== 'Operator') this.#untouched.accept();
    this.#licences.note();
    if (action.do === 'Pause') this.#audit.paused(action.cluster, action.paused);
    if (action.do === 'Settle') await this.settle();
    await this.#world.clock.advance(step.thenMs);
    this.#check();
  }

  /**
   * Everything is well again: within a bounded time all is as the objects say, and nothing is written after that.
   *
   * @throws Error with the whole story when it is not
   */
  async settle(): Promise<void> {
    const { clock, clusters, network } = this.#world;
    network.disturb = (answer) => answer;
    for (const cluster of clusters) {
      await cluster.mend();
      const unpaused = { do: 'Pause', cluster: cluster.key, paused: false } as const;
      await act(this.#world, unpaused);
      this.#audit.paused(cluster.key, false);
    }
    this.#world.startOperator();
    this.#untouched.accept();
    const untilMs = clock.monotonicMs() + patienceMs;
    let writes: number;
    do {
      writes = this.#writes;
      this.#letConsumersRead();
      await clock.advance(lookMs);
      this.#check();
      if (clock.monotonicMs() > untilMs) this.#fail([`it does not come to rest: ${this.#restless()}`]);
    } while (this.#writes !== writes || !this.isAtRest);
    this.#fail(wrongsAtRest(this.#world));
    await clock.advance(quietMs);
    this.#check();
    if (this.#writes !== writes) this.#fail(['it writes on, with nothing to do']);
    this.#fail([...wrongsAtRest(this.#world), ...this.#leaks()]);
    this.#licences.forget();
    network.disturb = this.#disturb;
  }

  get isAtRest(): boolean {
    return this.#restless() === '';
  }

  async end(): Promise<void> {
    await this.#world.endOperator('kill');
  }

  get #writes(): number {
    return this.#audit.count + this.#world.api.writes().length;
  }

  #restless(): string {
    return kinds
      .flatMap((kind) => this.#world.stored(kind))
      .filter((object) => !isAtRest(object))
      .map(
        (object) =>
          `${object.kind} ${object.metadata.namespace}/${object.metadata.name} ${JSON.stringify(readyOf(object))}`,
      )
      .join('; ');
  }

  #letConsumersRead(): void {
    for (const { fake } of this.#world.clusters)
      for (const { store } of fake.masters())
        for (const [key, queues] of store.offsets) {
          const [topic = ''] = key.split('@');
          for (const [queueId, end] of store.messages.get(topic) ?? []) queues.set(String(queueId), end);
        }
  }

  #check(): void {
    this.#fail([
      ...this.#audit.wrongs,
      ...this.#world.errors,
      ...this.#untouched.wrongs(),
      ...this.#misunderstood(),
    ]);
  }

  /** Whatever is said of an object is for people. */
  #misunderstood(): readonly string[] {
    return kinds
      .flatMap((kind) => this.#world.stored(kind))
      .flatMap((object) => {
        const { reason, message } = readyOf(object) ?? {};
        const problem = message === undefined ? undefined : problemOf(message);
        return problem === undefined ? [] : [`${object.metadata.name}: ${reason}: ${message} (${problem})`];
      });
  }

  #fail(wrongs: readonly string[]): void {
    if (wrongs.length === 0) return;
    throw new Error(`${wrongs.slice(0, 5).join('\n')}\nafter\n${this.#story.join('\n')}`);
  }

  /** What is secret is in Secrets and on brokers alone. */
  #leaks(): readonly string[] {
    const { api, events } = this.#world;
    const told = JSON.stringify([events, kinds.map((kind) => this.#world.stored(kind))]);
    return api.stored(Secrets).flatMap(({ data, metadata }) => {
      const secretKey = fromSecretData(data?.['secretKey']);
      return secretKey !== '' && told.includes(secretKey)
        ? [`the secretKey of ${metadata.name} is told`]
        : [];
    });
  }

  /** As the garbage collector of Kubernetes does for what belongs to objects that are gone. */
  #collectGarbage(): void {
    void this.#world.collectGarbage();
    this.#world.clock.setTimeout(() => this.#collectGarbage(), garbagePeriodMs);
  }
}
