import { keyOf, type Change, type ControllerFace } from '../kube/mod.ts';
import { DirtySets, type Urgency } from './dirty.ts';
import type { DeclaredObject } from './kind.ts';
import type { Member, Roster } from './roster.ts';
import { concernsUs } from './verdicts.ts';

/** What has to be looked at next, and that the controller gets to know it. Its keys are those of clusters. */
export class Agenda<O extends DeclaredObject, Desired> {
  readonly #roster: Roster<O, Desired>;
  readonly #controller: Pick<ControllerFace, 'enqueue' | 'enqueueAfter'>;
  readonly #dirty = new DirtySets();

  constructor(roster: Roster<O, Desired>, controller: Pick<ControllerFace, 'enqueue' | 'enqueueAfter'>) {
    this.#roster = roster;
    this.#controller = controller;
  }

  /** How many objects of a cluster wait. */
  size(clusterKey: string): number {
    return this.#dirty.size(clusterKey);
  }

  /** Hands over all objects of a cluster that wait. What fails must be restored. */
  take(clusterKey: string): ReadonlyMap<string, Urgency> {
    return this.#dirty.take(clusterKey);
  }

  restore(clusterKey: string, keys: ReadonlyMap<string, Urgency>): void {
    this.#dirty.restore(clusterKey, keys);
  }

  /** Waits for the next pass without asking for one. */
  keep(clusterKey: string, key: string, urgency: Urgency): void {
    this.#dirty.add(clusterKey, key, urgency);
  }

  /** Files a change of an object in the roster and notes who has to be looked at for it. */
  changed(change: Change<O>): void {
    const key = keyOf(change.object);
    if (change.type === 'Deleted') {
      const gone = this.#roster.get(key);
      this.#roster.delete(key);
      // The next in line takes over.
      if (gone !== undefined) this.#markRivals(gone);
      return;
    }
    const member = this.#roster.set(change.object);
    if (change.type === 'Updated' && !concernsUs(change)) return;
    this.mark(key, 'Edit');
    // Whoever was first in the same second may have to give way, or may take over from one that is leaving.
    this.#markRivals(member);
  }

  /** What an object is declared by beside of its spec has changed. */
  touched(key: string): void {
    const member = this.#roster.get(key);
    if (member === undefined) return;
    this.#roster.set(member.object);
    this.mark(key, 'Edit');
  }

  mark(key: string, urgency: Urgency, delayMs = 0): void {
    const member = this.#roster.get(key);
    if (member === undefined) return;
    this.#dirty.add(member.clusterKey, key, urgency);
    this.#wake(member.clusterKey, urgency, delayMs);
  }

  markCluster(clusterKey: string, delayMs = 0): void {
    for (const key of this.#roster.keysOfCluster(clusterKey)) this.#dirty.add(clusterKey, key, 'Look');
    if (this.#dirty.size(clusterKey) > 0) this.#wake(clusterKey, 'Look', delayMs);
  }

  /** Who may be of which cluster of another namespace has changed. */
  markElsewhere(namespace: string): void {
    for (const clusterKey of this.#roster.clustersElsewhere(namespace)) this.markCluster(clusterKey);
  }

  markAll(spreadMs: () => number): void {
    for (const clusterKey of this.#roster.clusterKeys()) this.markCluster(clusterKey, spreadMs());
  }

  #markRivals(member: Member<O, Desired>): void {
    for (const rival of this.#roster.rivals(member)) {
      if (rival.key !== member.key) this.mark(rival.key, 'Edit');
    }
  }

  #wake(clusterKey: string, urgency: Urgency, delayMs: number): void {
    if (delayMs > 0) this.#controller.enqueueAfter(clusterKey, delayMs);
    else this.#controller.enqueue(clusterKey, { priority: urgency === 'Edit' ? 'High' : 'Normal' });
  }
}
