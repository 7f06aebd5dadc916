/** What groups want of a target that several of them may share. One number is written, and it is the largest. */

/** A change of a target by this process. */
export interface LedgerEntry {
  readonly atMs: number;
  readonly from: number;
  readonly to: number;
  /** Why, in one word. */
  readonly reason: string;
  readonly monotonicMs: number;
}

interface Target {
  readonly wants: Map<string, number>;
  lastScale?: LedgerEntry;
}

export class Ledger {
  readonly #targets = new Map<string, Target>();

  want(target: string, group: string, replicas: number): void {
    this.#of(target).wants.set(group, replicas);
  }

  /** @param siblings other groups that scale the target; one that has not decided yet wants what there is */
  agreed(target: string, own: number, current: number, siblings: readonly string[]): number {
    const { wants } = this.#of(target);
    return Math.max(own, ...siblings.map((group) => wants.get(group) ?? current));
  }

  wrote(target: string, entry: LedgerEntry): void {
    this.#of(target).lastScale = entry;
  }

  lastScale(target: string): LedgerEntry | undefined {
    return this.#targets.get(target)?.lastScale;
  }

  leave(group: string): void {
    for (const [key, { wants }] of this.#targets) {
      if (wants.delete(group) && wants.size === 0) this.#targets.delete(key);
    }
  }

  #of(target: string): Target {
    const known = this.#targets.get(target);
    if (known !== undefined) return known;
    const fresh: Target = { wants: new Map() };
    this.#targets.set(target, fresh);
    return fresh;
  }
}
