import { silentLogger } from '../../kube/mod.ts';
import { ManualClock } from '../../kube/testing/manual-clock.ts';
import { RocketmqError } from '../../rocketmq/mod.ts';
import { guard } from '../guard.ts';
import type { Word } from '../stance.ts';

/** Milliseconds. */
export const LEASE = 5_500;

/** A member of a group of three, 2 of which have to be in sync, and what is around it. */
export class Scene {
  readonly clock = new ManualClock();
  readonly stop = new AbortController();
  role = 'SYNC_MASTER';
  minInSyncReplicas = '2';
  /** Replicas in the sync-state set of the broker itself. */
  inSyncSlaveNums = 2;
  answers = true;
  /** Whether its port is open, answer or not. */
  listens = true;
  takes = true;
  word: Word = 'Confirmed';
  /** How the controllers answer; at once with the word, unless a test says otherwise. */
  say: () => Promise<Word> = () => Promise.resolve(this.word);
  othersHearNoLeader = false;
  overridden = false;
  ending = false;
  /** What was set, with the moment. */
  readonly set: string[] = [];
  readonly told: string[] = [];
  asked = 0;
  othersAsked = 0;

  run(): Promise<void> {
    const refused = (): Promise<never> =>
      Promise.reject(
        new RocketmqError(this.listens ? 'Timeout' : 'Connect', 'no answer', { address: '10.0.0.1:10911' }),
      );
    return guard(
      {
        broker: {
          config: async () =>
            this.answers
              ? new Map([
                  ['brokerRole', this.role],
                  ['minInSyncReplicas', this.minInSyncReplicas],
                ])
              : refused(),
          haStatus: async () =>
            this.answers
              ? {
                  role: 'master',
                  masterCommitLogMaxOffset: 0,
                  inSyncSlaveNums: this.inSyncSlaveNums,
                  connections: [],
                }
              : refused(),
          updateConfig: async (values) => {
            this.set.push(
              ...[...values].map(([key, value]) => `${this.clock.monotonicMs()} ${key}=${value}`),
            );
            if (!this.takes) return refused();
            this.minInSyncReplicas = values.get('minInSyncReplicas') ?? this.minInSyncReplicas;
            return undefined;
          },
        },
        controllers: {
          ask: () => {
            this.asked += 1;
            return this.say();
          },
        },
        othersHearNoLeader: async () => {
          this.othersAsked += 1;
          return this.othersHearNoLeader;
        },
        isOverridden: () => this.overridden,
        isEnding: () => this.ending,
        hasEnded: () => {
          this.ending = false;
        },
        group: { members: 3, minInSync: 2 },
        leaseMs: LEASE,
        clock: this.clock,
        log: { ...silentLogger, warn: (_fields, message) => this.told.push(message) },
      },
      this.stop.signal,
    );
  }
}

/** Guards for as long as the test plays; it has to end by itself then, and not before. */
export async function guarded(over: Partial<Scene>, play: (scene: Scene) => Promise<void>): Promise<Scene> {
  const scene = Object.assign(new Scene(), over);
  let hasEnded = false;
  const running = scene.run().finally(() => {
    hasEnded = true;
  });
  await scene.clock.advance(0);
  await play(scene);
  if (hasEnded) throw new Error('it ended before its signal');
  scene.stop.abort();
  await scene.clock.advance(0);
  await running;
  return scene;
}
