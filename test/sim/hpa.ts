/** A HorizontalPodAutoscaler v2 with one external metric of the type AverageValue (lag-autoscaling.md §1.3). */
const DOWN_SECONDS = 300;

export interface HpaSettings {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Of the metric, for each replica. */
  readonly target: number;
  readonly tolerance: number;
  readonly behavior: HpaBehavior | undefined;
}

/** `burst`: up by 900 % or 100 pods every 15 s. Undefined in the HPA: up to twice as many, or 4. */
export interface HpaBehavior {
  readonly burst: boolean;
  readonly downSeconds: number;
}

interface Recommendation {
  readonly at: number;
  readonly replicas: number;
}

export class Hpa {
  readonly #settings: HpaSettings;
  #recommendations: readonly Recommendation[] = [];

  constructor(settings: HpaSettings) {
    this.#settings = settings;
  }

  /**
   * @param metric undefined: it could not be had
   * @param pods as status.replicas has them
   */
  next(now: number, metric: number | undefined, replicas: number, pods: number): number {
    const { minReplicas, maxReplicas, behavior } = this.#settings;
    if (replicas === 0) return 0;
    const clamp = (count: number) => Math.min(maxReplicas, Math.max(1, minReplicas, count));
    if (metric === undefined) return replicas;
    const window = behavior?.downSeconds ?? DOWN_SECONDS;
    const wanted = this.#desired(metric, pods);
    this.#recommendations = [
      ...this.#recommendations.filter(({ at }) => now - at < window),
      { at: now, replicas: wanted },
    ];
    const stable = Math.max(wanted, ...this.#recommendations.map((each) => each.replicas));
    // Down to what was enough all the time, but never up to what was wanted once.
    const steadied = wanted < replicas ? Math.min(replicas, stable) : wanted;
    const most =
      behavior?.burst === true ? Math.max(10 * replicas, replicas + 100) : Math.max(2 * replicas, 4);
    return Math.min(clamp(steadied), Math.max(most, 1));
  }

  /** Within the tolerance what is there is right, surplus pods of a rollout included. */
  #desired(metric: number, pods: number): number {
    const { target, tolerance } = this.#settings;
    const ratio = metric / (target * pods);
    return Math.abs(1 - ratio) <= tolerance ? pods : Math.ceil(metric / target);
  }
}
