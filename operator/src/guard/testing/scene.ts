import { silentLogger } from '../../kube/mod.ts';
import { ManualClock } from '../../kube/testing/manual-clock.ts';
import { RocketmqError } from '../../rocketmq/mod.ts';
import { guard } from '../guard.ts';
import { isClosedByGuard } from '../gate.ts';
import type { Word } from '../stance.ts';

/** What the controllers say, or that they say nothing. */
export type Said = Word | 'Silent';

/** Milliseconds. */
export const LEASE = 4_500;

/** A broker, and what is around it. */
export class Scene {
  readonly clock = new ManualClock();
  readonly stop = new AbortController();
  role = 'SYNC_MASTER';
  /** Settings of the broker. */
  settings: ReadonlyMap<string, string> = new Map([['startAcceptSendRequestTimeStamp', '0']]);
  answers = true;
  /** Whether its port is open, answer or not. */
  listens = true;
  takes = true;
  word: Said = 'Confirmed';
  /** How the controllers answer; at once with the word, unless a test says otherwise. */
  say: () => Promise<Said> = () => Promise.resolve(this.word);
  /** For how long the one that is known to lead is silent, instead of an answer. */
  leaderSilentMs = 0;
  overridden = false;
  ending = false;
  /** What it was told to be, with the moment. */
  readonly set: string[] = [];
  readonly told: string[] = [];
  /** When its process was ended. */
  readonly ended: number[] = [];
  asked = 0;
  looks = 0;
  readonly turned = new Set<string>();

  get state(): 'open' | 'closed' {
    return stateOf(this.settings);
  }

  async #answer(): Promise<Word | undefined> {
    const said = await this.say();
    return said === 'Silent' ? undefined : said;
  }

  run(): Promise<void> {
    const refused = (): Promise<never> =>
      Promise.reject(
        new RocketmqError(this.listens ? 'Timeout' : 'Connect', 'no answer', {
          address: '10.0.0.1:10911',
          cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
        }),
      );
    return guard(
      {
        broker: {
          config: async () => {
            this.looks += 1;
            return this.answers ? new Map([...this.settings, ['brokerRole', this.role]]) : refused();
          },
          updateConfig: async (values) => {
            const settings = new Map([...this.settings, ...values]);
            this.set.push(`${this.clock.monotonicMs()} ${stateOf(settings)}`);
            if (!this.takes) return refused();
            this.settings = settings;
            return undefined;
          },
        },
        controllers: {
          askLeader: async () => {
            this.asked += 1;
            if (this.leaderSilentMs === 0) return this.#answer();
            await this.clock.sleep(this.leaderSilentMs);
            return undefined;
          },
          askEverybody: () => this.#answer(),
        },
        isOverridden: () => this.overridden,
        isEnding: () => this.ending,
        hasEnded: () => {
          this.ending = false;
        },
        endBroker: () => {
          this.ended.push(this.clock.monotonicMs());
          this.answers = false;
          this.listens = false;
          return [12];
        },
        onTurn: (loop) => this.turned.add(loop),
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

function stateOf(settings: ReadonlyMap<string, string>): 'open' | 'closed' {
  return isClosedByGuard(settings) ? 'closed' : 'open';
}
