/** What the controllers agree on about one broker group, and how they elect: ReplicasInfoManager and DefaultElectPolicy. */

export interface Replica {
  readonly id: number;
  readonly address: string;
  readonly alive: boolean;
  readonly inSync: boolean;
}

/** Codes of ResponseCode.java. */
export const electionCodes = {
  success: 0,
  invalidCleanMetadata: 2009,
  needToBeRegistered: 2010,
  masterStillExists: 2011,
  electionFailed: 2012,
} as const;

export type ElectionCode = (typeof electionCodes)[keyof typeof electionCodes];

export class ReplicasInfo {
  readonly brokerName: string;
  masterId: number | undefined;
  masterEpoch = 0;
  syncStateSetEpoch = 0;
  readonly #isAlive: (address: string) => boolean;
  /** By id, from 1. An id stays with its broker for ever, alive or not, until it is cleaned. */
  readonly #addresses = new Map<number, string>();
  #syncStateSet: ReadonlySet<number> = new Set();
  #nextId = 1;

  /** @param isAlive whether a broker at an address keeps its connection to the controllers */
  constructor(brokerName: string, isAlive: (address: string) => boolean) {
    this.brokerName = brokerName;
    this.#isAlive = isAlive;
  }

  get members(): readonly Replica[] {
    return [...this.#addresses].map(([id, address]) => ({
      id,
      address,
      alive: this.#isAlive(address),
      inSync: this.#syncStateSet.has(id),
    }));
  }

  get masterAddress(): string | undefined {
    return this.masterId === undefined ? undefined : this.#addresses.get(this.masterId);
  }

  hasInSync(id: number): boolean {
    return this.#syncStateSet.has(id);
  }

  /** A broker without an id gets the next one; one with an id brings its present address. */
  register(id: number | undefined, address: string): number {
    const own = id ?? this.#nextId;
    this.#nextId = Math.max(this.#nextId, own + 1);
    this.#addresses.set(own, address);
    return own;
  }

  /**
   * Only a living member of the sync-state set can be elected; the very first master is whoever asks first.
   *
   * @param wanted designated by a person; left out: the controllers look for one themselves
   */
  elect(wanted?: number): ElectionCode {
    if (this.#addresses.size === 0) return electionCodes.needToBeRegistered;
    const alive = this.members.filter((member) => member.alive);
    const candidates = this.masterEpoch === 0 ? alive : alive.filter(({ inSync }) => inSync);
    const ids = candidates.map(({ id }) => id);
    const keepsOld = this.masterId !== undefined && ids.includes(this.masterId);
    const elected =
      wanted === undefined ? (keepsOld ? this.masterId : ids[0]) : ids.includes(wanted) ? wanted : undefined;
    if (elected !== undefined && elected === this.masterId) return electionCodes.masterStillExists;
    if (elected !== undefined) {
      this.promote(elected);
      return electionCodes.success;
    }
    // The dead master is forgotten, the sync-state set is not: who comes back out of it may be elected.
    if (wanted === undefined && this.masterId !== undefined) {
      this.masterId = undefined;
      this.masterEpoch += 1;
    }
    return electionCodes.electionFailed;
  }

  /** Whatever the rules say. Everybody else has to join the new master anew. */
  promote(id: number): void {
    this.masterId = id;
    this.masterEpoch += 1;
    this.#setSyncStateSet([id]);
  }

  /** What the master asks for when a replica has caught up, or is gone. Its own place is not in question. */
  alterSyncStateSet(ids: readonly number[]): void {
    const wanted = new Set([...ids, ...(this.masterId === undefined ? [] : [this.masterId])]);
    const same = wanted.size === this.#syncStateSet.size && [...wanted].every((id) => this.hasInSync(id));
    if (!same) this.#setSyncStateSet(wanted);
  }

  clean(ids: readonly number[]): ElectionCode {
    if (this.members.some(({ id, alive }) => alive && ids.includes(id)))
      return electionCodes.invalidCleanMetadata;
    for (const id of ids) this.#addresses.delete(id);
    this.#syncStateSet = new Set([...this.#syncStateSet].filter((id) => !ids.includes(id)));
    return electionCodes.success;
  }

  #setSyncStateSet(ids: Iterable<number>): void {
    this.#syncStateSet = new Set(ids);
    this.syncStateSetEpoch += 1;
  }
}
