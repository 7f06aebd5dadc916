/** Keeps one broker from acknowledging sends as a master that may have been replaced. */
import type { Clock, Logger } from '../kube/mod.ts';
import { RocketmqError, type BrokerAdmin } from '../rocketmq/mod.ts';
import type { Controllers } from './controllers.ts';
import { gateKey, gateValue, type GroupSize } from './gate.ts';
import { stanceOf, type Contact, type Stance, type Word } from './stance.ts';

export interface GuardOptions {
  /** The one that is guarded. */
  readonly broker: Pick<BrokerAdmin, 'config' | 'updateConfig' | 'haStatus'>;
  readonly controllers: Controllers;
  /** Whether each of the other members said that it hears no leader of the controllers. */
  readonly othersHearNoLeader: (signal: AbortSignal) => Promise<boolean>;
  /** A person wants sends to be accepted whatever the controllers say. */
  readonly isOverridden: () => boolean;
  /** The broker is about to be asked to end. */
  readonly isEnding: () => boolean;
  /** That one has ended; another process is there. */
  readonly hasEnded: () => void;
  readonly group: GroupSize;
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How often the broker is looked at, and how late a lease may be seen to have ended. */
const lookMs = 500;
/** How often the controllers are asked: each answer is an entry of their log. */
const askMs = 1_000;
const callTimeoutMs = 750;

/** Ends with the signal. */
export async function guard(options: GuardOptions, signal: AbortSignal): Promise<void> {
  const watch = new Watch(options);
  const { clock } = options;
  // Who starts beside a master knows nothing of it yet, and would close it for the length of one question.
  await watch.look(signal);
  await watch.ask(signal);
  await Promise.all([
    repeat(clock, lookMs, signal, () => watch.hold(signal)),
    repeat(clock, askMs, signal, () => watch.ask(signal)),
  ]);
}

async function repeat(
  clock: Clock,
  everyMs: number,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await work();
    await clock.sleep(everyMs, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

class Watch {
  readonly #options: GuardOptions;
  #contact: Contact = { replaced: false };
  /** When the broker was first seen to call itself master, as which it was seen ever since. */
  #masterSinceMs: number | undefined;
  /** The controllers did not answer the last question. */
  #silent = false;
  #stance: Stance | undefined;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** Looks at the broker, and sees that its setting is what it has to be. */
  async hold(signal: AbortSignal): Promise<void> {
    const settings = await this.look(signal);
    if (settings === undefined) return;
    const due = this.#stanceNow();
    const stance = due === 'EveryMember' && !(await this.#isFollowedByAll(signal)) ? 'Closed' : due;
    this.#tell(stance);
    const wanted = gateValue(stance, this.#options.group);
    if (settings.get(gateKey) === wanted) return;
    await this.#options.broker
      .updateConfig(new Map([[gateKey, wanted]]), { signal, timeoutMs: callTimeoutMs })
      .catch((error: unknown) => this.#options.log.warn({ error, stance }, 'the broker does not take it'));
  }

  #stanceNow(): Stance {
    const { leaseMs, isOverridden, isEnding, clock } = this.#options;
    // A replica takes no sends, and is to find its gate open when it is elected.
    if (this.#masterSinceMs === undefined) return 'Open';
    if (isEnding()) return 'Closed';
    return isOverridden() ? 'Open' : stanceOf(this.#contact, leaseMs, clock.monotonicMs());
  }

  /**
   * By its own sync-state set. Whom it asks the controllers to let in again counts for the number of members in sync, and is
   * not waited for (AutoSwitchHAService.inSyncReplicasNums), and nobody answers that question now.
   */
  async #isFollowedByAll(signal: AbortSignal): Promise<boolean> {
    const { broker, group } = this.#options;
    const status = await broker.haStatus({ signal, timeoutMs: callTimeoutMs }).catch(() => undefined);
    return status?.role === 'master' && status.inSyncSlaveNums >= group.members - 1;
  }

  /** @returns its settings; undefined when it does not answer: then it cannot be told anything either */
  async look(signal: AbortSignal): Promise<ReadonlyMap<string, string> | undefined> {
    const { broker, clock } = this.#options;
    const askedAtMs = clock.monotonicMs();
    try {
      const settings = await broker.config({ signal, timeoutMs: callTimeoutMs });
      // Elected, and not told of another election since (ReplicasManager.changeToMaster).
      if (settings.get('brokerRole') === 'SYNC_MASTER') this.#masterSinceMs ??= clock.monotonicMs();
      else this.#isNoMaster(askedAtMs);
      return settings;
    } catch (error) {
      // Nobody listens: that process has ended. The next may be elected before its port is open, and calls itself master
      // from its first answer on (BrokerController.start).
      if (error instanceof RocketmqError && error.code === 'Connect') this.#isNoMaster(askedAtMs);
      return undefined;
    }
  }

  /** Whoever is master later hears so from the controllers later than now. */
  #isNoMaster(nowMs: number): void {
    const { isEnding, hasEnded } = this.#options;
    this.#masterSinceMs = undefined;
    this.#contact = { confirmedAtMs: nowMs, replaced: false };
    if (isEnding()) hasEnded();
  }

  /** Asks the controllers, and the other members when they are silent. Of a replica there is nothing to ask. */
  async ask(signal: AbortSignal): Promise<void> {
    const { controllers, othersHearNoLeader, clock } = this.#options;
    const masterSinceMs = this.#masterSinceMs;
    if (masterSinceMs === undefined) return;
    const askedAtMs = clock.monotonicMs();
    // Side by side: who waits for silence first would know of the others too late.
    const others = this.#silent ? othersHearNoLeader(signal) : Promise.resolve(false);
    const [word, leaderless] = await Promise.all([controllers.ask(signal), others]);
    // An answer about another time as master is none.
    if (signal.aborted || this.#masterSinceMs !== masterSinceMs) return;
    this.#silent = word === 'Silent';
    this.#contact = after(this.#contact, word, askedAtMs, leaderless);
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
  EveryMember: 'nobody hears a leader of the controllers: sends are accepted while every member is in sync',
  Closed:
    'the broker accepts no sends: it is about to end, or the controllers do not say in time that it is master',
};

/** @param leaderless what the other members said at the same time */
function after(contact: Contact, word: Word, askedAtMs: number, leaderless: boolean): Contact {
  switch (word) {
    case 'Confirmed':
      return { confirmedAtMs: askedAtMs, replaced: false };
    case 'Replaced':
      return { replaced: true };
    case 'Unconfirmed': {
      // Somebody leads: that nobody does is over.
      const { leaderlessAtMs: _over, ...rest } = contact;
      return rest;
    }
    case 'Silent':
      return leaderless ? { ...contact, leaderlessAtMs: askedAtMs } : contact;
    default:
      return word satisfies never;
  }
}
