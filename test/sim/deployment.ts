/** A Deployment whose pods take a while to start. */
import type { Random } from './random.ts';

const SURGE = 0.25;
const UNAVAILABLE = 0.25;

export interface Pod {
  readonly id: number;
  /** Its place among the clients: their ids begin with the IP of the pod. */
  readonly order: number;
  readonly template: number;
  readonly readyAt: number;
}

export class Deployment {
  /** Its spec.replicas. */
  replicas: number;
  #pods: readonly Pod[] = [];
  #template = 0;
  #made = 0;
  readonly #startUp: () => number;
  readonly #random: Random;

  constructor(replicas: number, startUpSeconds: number, random: Random) {
    this.replicas = replicas;
    this.#random = random;
    this.#startUp = () => startUpSeconds * (0.8 + 0.4 * random());
    this.#pods = Array.from({ length: replicas }, () => this.#make(0));
  }

  /** As status.replicas has them: also those that start, and those that are too many while it is rolled. */
  get pods(): readonly Pod[] {
    return this.#pods;
  }

  get template(): number {
    return this.#template;
  }

  get isRolling(): boolean {
    return this.#pods.some((pod) => pod.template !== this.#template);
  }

  roll(): void {
    this.#template += 1;
  }

  /** @returns whether pods came or went */
  reconcile(now: number): boolean {
    const before = this.#pods;
    if (this.isRolling) this.#rollOn(now);
    else this.#resize(now);
    return this.#pods !== before;
  }

  #resize(now: number): void {
    const missing = this.replicas - this.#pods.length;
    if (missing > 0) {
      const made = Array.from({ length: missing }, () => this.#make(now + this.#startUp()));
      this.#pods = [...this.#pods, ...made];
    }
    // As a ReplicaSet does: first those that are not ready, then the youngest.
    if (missing < 0) this.#pods = this.#byAge(now).slice(0, this.replicas);
  }

  #rollOn(now: number): void {
    const most = this.replicas + Math.ceil(SURGE * this.replicas);
    const least = this.replicas - Math.floor(UNAVAILABLE * this.replicas);
    const isNew = (pod: Pod) => pod.template === this.#template;
    let ready = this.#pods.filter((pod) => pod.readyAt <= now).length;
    const kept = this.#pods.filter((pod) => {
      if (isNew(pod)) return true;
      if (pod.readyAt > now) return false;
      if (ready <= least) return true;
      ready -= 1;
      return false;
    });
    const missing = Math.min(this.replicas - kept.filter(isNew).length, most - kept.length);
    const made = Array.from({ length: Math.max(0, missing) }, () => this.#make(now + this.#startUp()));
    if (made.length > 0 || kept.length < this.#pods.length) this.#pods = [...kept, ...made];
  }

  #byAge(now: number): readonly Pod[] {
    return this.#pods.toSorted(
      (a, b) => Number(a.readyAt > now) - Number(b.readyAt > now) || a.readyAt - b.readyAt || a.id - b.id,
    );
  }

  #make(readyAt: number): Pod {
    this.#made += 1;
    return { id: this.#made, order: this.#random(), template: this.#template, readyAt };
  }
}
