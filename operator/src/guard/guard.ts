/** Keeps one broker from acknowledging sends as a master that may have been replaced. */
import { pause } from '../kube/clock.ts';
import type { Clock, Logger } from '../kube/mod.ts';
import { nobodyListens, RocketmqError, type BrokerAdmin } from '../rocketmq/mod.ts';
import type { Controllers } from './controllers.ts';
import { gateSettings } from './gate.ts';
import { stanceOf, type Contact, type Stance, type Word } from './stance.ts';
import { askMs, brokerTimeoutMs, hungMs, lookMs, tickMs } from './timings.ts';
import type { Loop } from './turns.ts';

export interface GuardOptions {
  /** The one that is guarded. */
  readonly broker: Pick<BrokerAdmin, 'config' | 'updateConfig'>;
  readonly controllers: Controllers;
  /** A person wants sends to be accepted whatever the controllers say. */
  readonly isOverridden: () => boolean;
  /** The broker is about to be asked to end. */
  readonly isEnding: () => boolean;
  /** That one has ended; another process is there. */
  readonly hasEnded: () => void;
  /** Ends its process; returns the ids of what was ended. */
  readonly endBroker: () => readonly number[];
  /** A loop begins another turn. */
  readonly onTurn: (loop: Loop) => void;
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Ends with the signal. */
export async function guard(options: GuardOptions, signal: AbortSignal): Promise<void> {
  const watch = new Watch(options);
  const { clock, onTurn } = options;
  // Who starts beside a master knows nothing of it yet, and would close it for the length of one question.
  await watch.look(signal);
  await watch.ask(signal);
  // Side by side, since controllers that do not answer are waited for longer than a lease may end too late.
  await Promise.all([
    repeat(clock, signal, async () => {
      onTurn('look');
      if (watch.isLookDue()) await watch.hold(signal);
    }),
    repeat(clock, signal, async () => {
      onTurn('ask');
      if (watch.isQuestionDue()) await watch.ask(signal);
    }),
  ]);
}

async function repeat(clock: Clock, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await work();
    await pause(clock, tickMs, signal);
  }
}

class Watch {
  readonly #options: GuardOptions;
  #contact: Contact = { replaced: false };
  /** When the broker was first seen to call itself master, as which it was seen ever since. */
  #masterSinceMs: number | undefined;
  /** As the broker was last found or told to be. */
  #stance: Stance | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  /** When the first of the looks began that it did not answer since; a guard that stood still itself has not looked. */
  #silentSinceMs: number | undefined;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  /** Why the broker did not say what it is. */
  #trouble: string | undefined;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** A closed one is looked at often: somebody may open it by another way. */
  isLookDue(): boolean {
    const everyMs = this.#stance === 'Open' ? lookMs : tickMs;
    return this.#stanceNow() !== this.#stance || this.#hasPassed(everyMs, this.#lookedAtMs);
  }

  /** Of a replica there is nothing to ask; of a new master at once. */
  isQuestionDue(): boolean {
    const since = this.#masterSinceMs;
    return since !== undefined && (this.#askedAtMs < since || this.#hasPassed(askMs, this.#askedAtMs));
  }

  #hasPassed(ms: number, sinceMs: number): boolean {
    return this.#options.clock.monotonicMs() - sinceMs >= ms;
  }

  /** Looks at the broker, and sees that its setting is what it has to be. */
  async hold(signal: AbortSignal): Promise<void> {
    const settings = await this.look(signal);
    if (settings === undefined) return;
    const stance = this.#stanceNow();
    this.#tell(stance);
    const { broker, log } = this.#options;
    const wanted = gateSettings(stance, settings);
    if (wanted.size === 0) return;
    await broker
      .updateConfig(wanted, { signal, timeoutMs: brokerTimeoutMs })
      .catch((error: unknown) => log.warn({ error, stance }, 'the broker does not take it'));
  }

  #stanceNow(): Stance {
    const { leaseMs, isOverridden, isEnding, clock } = this.#options;
    // A replica takes no sends, and is to find its gate open when it is elected.
    if (this.#masterSinceMs === undefined) return 'Open';
    if (isEnding()) return 'Closed';
    return isOverridden() ? 'Open' : stanceOf(this.#contact, leaseMs, clock.monotonicMs());
  }

  /** @returns its settings; undefined when it does not answer: then it cannot be told anything either */
  async look(signal: AbortSignal): Promise<ReadonlyMap<string, string> | undefined> {
    const { broker, clock } = this.#options;
    const askedAtMs = clock.monotonicMs();
    this.#lookedAtMs = askedAtMs;
    try {
      const settings = await broker.config({ signal, timeoutMs: brokerTimeoutMs });
      // Elected, and not told of another election since (ReplicasManager.changeToMaster).
      if (settings.get('brokerRole') === 'SYNC_MASTER') this.#masterSinceMs ??= clock.monotonicMs();
      else this.#isNoMaster(askedAtMs);
      this.#trouble = undefined;
      this.#silentSinceMs = undefined;
      return settings;
    } catch (error) {
      // That process has ended. The next may be elected before its port is open, and calls itself master from its first answer
      // on (BrokerController.startBasicService).
      if (nobodyListens(error)) this.#isNoMaster(askedAtMs);
      else {
        this.#silentSinceMs ??= askedAtMs;
        this.#tellTrouble(error, signal);
      }
      return undefined;
    }
  }

  /** Once for each kind: it is asked again and again. */
  #tellTrouble(error: unknown, signal: AbortSignal): void {
    const trouble = error instanceof RocketmqError ? error.code : String(error);
    if (signal.aborted || trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#options.log.warn({ error }, 'the broker does not say what it is, and is not guarded until it does');
  }

  /** Whoever is master later hears so from the controllers later than now. */
  #isNoMaster(nowMs: number): void {
    const { isEnding, hasEnded } = this.#options;
    this.#masterSinceMs = undefined;
    this.#silentSinceMs = undefined;
    this.#contact = { confirmedAtMs: nowMs, replaced: false };
    if (isEnding()) hasEnded();
  }

  /** Asks the controllers. */
  async ask(signal: AbortSignal): Promise<void> {
    const { controllers, clock } = this.#options;
    const masterSinceMs = this.#masterSinceMs;
    if (masterSinceMs === undefined) return;
    let askedAtMs = clock.monotonicMs();
    this.#askedAtMs = askedAtMs;
    let word = await controllers.askLeader(signal);
    if (word === undefined) {
      askedAtMs = clock.monotonicMs();
      word = await controllers.askEverybody(signal);
    }
    // An answer about another time as master is none.
    if (signal.aborted || this.#masterSinceMs !== masterSinceMs) return;
    this.#contact = after(this.#contact, word, askedAtMs);
    if (word !== 'Replaced') return;
    await this.hold(signal);
    this.#endWhenHung();
  }

  /** Nobody could tell it anything when it goes on, and it would give out what no other has, and keep its replicas. */
  #endWhenHung(): void {
    const since = this.#silentSinceMs;
    if (since === undefined || !this.#hasPassed(hungMs, since)) return;
    const ended = this.#options.endBroker();
    if (ended.length > 0) this.#options.log.warn({ ended }, 'ended the broker: it was replaced, and hangs');
  }

  #tell(stance: Stance): void {
    if (stance === this.#stance) return;
    const was = this.#stance;
    this.#stance = stance;
    if (was === undefined && stance === 'Open') return;
    const { confirmedAtMs, replaced } = this.#contact;
    const confirmedMsAgo =
      confirmedAtMs === undefined ? undefined : Math.round(this.#options.clock.monotonicMs() - confirmedAtMs);
    this.#options.log.warn({ was, stance, confirmedMsAgo, replaced }, told[stance]);
  }
}

const told: Readonly<Record<Stance, string>> = {
  Open: 'the broker accepts sends',
  Closed:
    'the broker accepts no sends: it is about to end, or the controllers do not say in time that it is master',
};

function after(contact: Contact, word: Word | undefined, askedAtMs: number): Contact {
  switch (word) {
    case 'Confirmed':
      return { confirmedAtMs: askedAtMs, replaced: false };
    case 'Replaced':
      return { replaced: true };
    case 'Unconfirmed':
    case undefined:
      return contact;
    default:
      return word satisfies never;
  }
}
