/** What the operator may write, and what it may take away, by what the objects say. */
import type { World } from '../world/world.ts';
import { claimedBy, claims, heldOn, textOf, type Claim, type Said } from './claims.ts';

interface Licence {
  readonly write: Set<string>;
  readonly remove: Set<string>;
}

/** Whatever was allowed at any moment since the last one at which everything was at rest: a pass takes its time. */
export class Licences {
  readonly #world: World;
  readonly #now: Licence = { write: new Set(), remove: new Set() };

  constructor(world: World) {
    this.#world = world;
  }

  /** What is allowed as things are. */
  note(): void {
    for (const [first] of claims(this.#world).values()) if (first !== undefined) this.#noteOf(first);
  }

  /** Everything is at rest: what was allowed before is not any more. */
  forget(): void {
    this.#now.write.clear();
    this.#now.remove.clear();
    this.note();
  }

  mayWrite(claim: Claim, group: string): boolean {
    return this.#now.write.has(placeOf(claim, group));
  }

  mayRemove(claim: Claim, group: string): boolean {
    return this.#now.remove.has(placeOf(claim, group));
  }

  #noteOf(first: Said): void {
    const { claim, adoption, groups, leaving, deletes } = first;
    if (leaving) {
      if (deletes) for (const group of ownGroups(first)) this.#now.remove.add(placeOf(claim, group));
      return;
    }
    if (first.misplaced) return;
    for (const group of this.#writableBy(first, adoption, groups)) this.#now.write.add(placeOf(claim, group));
  }

  #writableBy(first: Said, adoption: Said['adoption'], groups: readonly string[]): readonly string[] {
    if (adoption === 'Observe') return [];
    if (adoption === 'Adopt') return groups;
    const own = ownGroups(first);
    const held = heldOn(this.#world.cluster(first.claim.cluster), first.claim);
    // Where nobody has it yet it may be made.
    const free = groups.every((group) => own.includes(group) || !held.includes(group));
    return free ? groups : own;
  }
}

/** Groups that its status claims. Users are claimed everywhere. */
function ownGroups({ kind, object, groups }: Said): readonly string[] {
  if (kind === 'User') return groups;
  return claimedBy(object).filter((group) => groups.includes(group));
}

function placeOf(claim: Claim, group: string): string {
  return `${textOf(claim)} on ${group}`;
}
