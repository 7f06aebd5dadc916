/** A group whose messages come and go as a test says. */
import { decide } from '../decide.ts';
import type {
  Decision,
  Observation,
  ObservedPod,
  ObservedQueue,
  ScalingSettings,
  ScalingState,
} from '../model.ts';
import { initialState } from '../track.ts';

const SECOND_MS = 1_000;
const POLL_SECONDS = 2;
export const START_MS = Date.parse('2026-11-29T08:00:00Z');

export const settingsWith = (over: Partial<ScalingSettings> = {}): ScalingSettings => ({
  actuator: 'Scale',
  groupType: 'Queue',
  sloSeconds: 30,
  drainSeconds: 30,
  minReplicas: 1,
  maxReplicas: 32,
  initialPosition: 'Last',
  downWindowSeconds: 120,
  idleSeconds: 300,
  wakeReplicas: 1,
  staleSeconds: 60,
  ...over,
});

/** Messages a second, of all queues together unless they are given one by one. */
export interface Flow {
  readonly come: number | readonly number[];
  readonly done: number | readonly number[];
}

export interface FeedStart {
  readonly queues?: number;
  readonly replicas?: number;
  /** Of each queue. */
  readonly lag?: number;
  readonly settings?: Partial<ScalingSettings>;
  readonly state?: ScalingState;
}

export class Feed {
  readonly settings: ScalingSettings;
  state: ScalingState;
  atMs = START_MS;
  replicas: number;
  newest: number[];
  committed: number[];
  /** Replaces what would be observed. */
  over: Partial<Observation> = {};
  /** Not done at the first observation in which there are more: each takes so long. */
  startUpSeconds = 0;
  /** Whether what is decided is written. */
  writes = true;
  rollout: Observation['target']['rollout'] = 'Settled';
  #pods: readonly { readonly name: string; readonly readyAtMs: number }[] = [];
  #made = 0;

  constructor({ queues = 16, replicas = 4, lag = 0, settings, state = initialState() }: FeedStart = {}) {
    this.settings = settingsWith(settings);
    this.state = state;
    this.replicas = replicas;
    this.newest = Array.from({ length: queues }, () => 1_000_000 + lag);
    this.committed = Array.from({ length: queues }, () => 1_000_000);
    this.#settle(0);
  }

  /** Lets time pass without a look. */
  pass(seconds: number, { come, done }: Flow): void {
    this.atMs += seconds * SECOND_MS;
    const each = (rate: Flow['come'], index: number) =>
      (typeof rate === 'number' ? rate / this.newest.length : (rate[index] ?? 0)) * seconds;
    this.newest = this.newest.map((offset, index) => offset + each(come, index));
    this.committed = this.committed.map((offset, index) =>
      Math.min(this.newest[index] ?? 0, offset + each(done, index)),
    );
  }

  /** One look. */
  look(): Decision {
    this.#settle(this.startUpSeconds);
    const decision = decide(this.settings, this.state, this.observation());
    this.state = decision.state;
    if (this.writes) this.replicas = decision.replicas;
    return decision;
  }

  /** Looks at every poll. @returns the decisions, at least one */
  run(seconds: number, flow: Flow): readonly [Decision, ...Decision[]] {
    const first = this.#next(flow);
    const rest = Array.from({ length: Math.round(seconds / POLL_SECONDS) - 1 }, () => this.#next(flow));
    return [first, ...rest];
  }

  observation(): Observation {
    const queues: readonly ObservedQueue[] = this.newest.map((newestOffset, index) => ({
      broker: index % 2 === 0 ? 'broker-a' : 'broker-b',
      topic: 'ORDERS',
      queueId: Math.floor(index / 2),
      oldestOffset: 0,
      newestOffset: Math.floor(newestOffset),
      committedOffset: Math.floor(this.committed[index] ?? 0),
      retry: false,
    }));
    const pods: readonly ObservedPod[] = this.#pods.map(({ name, readyAtMs }) => ({
      name,
      state: readyAtMs <= this.atMs ? 'Ready' : 'Starting',
      templateHash: 'one',
    }));
    return {
      atMs: this.atMs,
      queues: { kind: 'Complete', queues },
      inFlight: 0,
      target: { replicas: this.replicas, pods, templateHash: 'one', rollout: this.rollout },
      rivals: [],
      broadcast: false,
      ...this.over,
    };
  }

  #next(flow: Flow): Decision {
    this.pass(POLL_SECONDS, flow);
    return this.look();
  }

  #settle(startUpSeconds: number): void {
    const missing = Math.max(0, this.replicas - this.#pods.length);
    const made = Array.from({ length: missing }, () => ({
      name: `orders-${(this.#made += 1)}`,
      readyAtMs: this.atMs + startUpSeconds * SECOND_MS,
    }));
    this.#pods = [...this.#pods, ...made].slice(0, this.replicas);
  }
}

/** Of the last of some decisions. */
export function last(decisions: readonly [Decision, ...Decision[]]): Decision {
  return decisions.at(-1) ?? decisions[0];
}
