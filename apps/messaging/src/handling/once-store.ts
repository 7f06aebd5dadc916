/** Remembers which messages were handled. `Db` is what their effects write through. */
export interface OnceStore<Db> {
  /**
   * Runs `work` in one transaction that also records the messages, with the ids of those that were not recorded before.
   * When it rejects nothing is recorded.
   */
  transaction(
    messageIds: readonly string[],
    work: (fresh: ReadonlySet<string>, db: Db) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
}

/** For effects that do no harm twice, in a service without a database: every message is fresh. */
export const atLeastOnce: OnceStore<undefined> = {
  transaction: (messageIds, work) => work(new Set(messageIds), undefined),
};
