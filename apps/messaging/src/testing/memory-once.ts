import type { OnceStore } from '../handling/once-store.ts';

/** A store with real transactions: one whose work rejects leaves nothing behind. */
export class MemoryOnceStore implements OnceStore<string[]> {
  readonly handled = new Set<string>();
  readonly effects: string[] = [];
  /** How many messages each transaction was about. */
  readonly transactions: number[] = [];

  async transaction(
    messageIds: readonly string[],
    work: (fresh: ReadonlySet<string>, db: string[]) => Promise<void>,
  ): Promise<void> {
    this.transactions.push(messageIds.length);
    const fresh = new Set(messageIds.filter((id) => !this.handled.has(id)));
    const written: string[] = [];
    await work(fresh, written);
    for (const id of fresh) this.handled.add(id);
    this.effects.push(...written);
  }
}
