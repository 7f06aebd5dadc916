/** Volumes: claims that were never bound are made again when the spec changes; bound ones stay as they are. */
import { quantityValue } from '../api/mod.ts';
import type { PersistentVolumeClaim, StatefulSet } from '../kube/mod.ts';
import type { ConfigProblem } from './config/key-table.ts';
import { specFields } from './diagnose.ts';
import type { Storage } from './resources/stateful-sets.ts';
import type { SetWorkload } from './workloads.ts';

export function claimName(pod: string): string {
  return `store-${pod}`;
}

/** What the StatefulSet's claims are made from. */
export function storageOf(set: StatefulSet | undefined): Storage | undefined {
  const spec = set?.spec?.volumeClaimTemplates?.[0]?.spec;
  const size = spec?.resources?.requests?.['storage'];
  if (size === undefined) return undefined;
  return spec?.storageClassName === undefined ? { size } : { size, storageClassName: spec.storageClassName };
}

export function sameStorage(a: Storage, b: Storage): boolean {
  // The server writes quantities its own way: 1536Mi for 1.5Gi.
  return quantityValue(a.size) === quantityValue(b.size) && a.storageClassName === b.storageClassName;
}

type StoredWorkload = Extract<SetWorkload, { readonly storage: Storage }>;

export type StorageDecision =
  | { readonly kind: 'Keep'; readonly storage: Storage }
  /** Delete the StatefulSet and its unbound claims; they come back from the new spec. */
  | { readonly kind: 'Replace'; readonly claims: readonly PersistentVolumeClaim[] }
  /** Nobody knows what its pods would find: the next pass asks again. */
  | { readonly kind: 'Wait' }
  /** A bound volume cannot follow the spec. */
  | { readonly kind: 'Refuse'; readonly storage: Storage; readonly problem: ConfigProblem };

/** @param claims the claims of the set's pods that exist; undefined when they could not be read */
export function decideStorage(
  set: StoredWorkload,
  existing: StatefulSet | undefined,
  claims: readonly PersistentVolumeClaim[] | undefined,
): StorageDecision {
  const current = storageOf(existing);
  if (current === undefined) return claims === undefined ? { kind: 'Wait' } : decideLeftOver(set, claims);
  if (sameStorage(current, set.storage)) return { kind: 'Keep', storage: set.storage };
  if (claims === undefined) return { kind: 'Keep', storage: current };
  if (claims.every(isUnbound)) return { kind: 'Replace', claims };
  const message = `cannot change for ${set.name}, whose volume is bound: restore the old value`;
  return { kind: 'Refuse', storage: current, problem: problemOf(set, message) };
}

/**
 * Of a cluster that was deleted, whose volumes stay, or from before the StatefulSet was deleted to be made anew: pods take up
 * a claim of their name, whatever it asks for. One that was made larger by hand is welcome.
 */
function decideLeftOver(set: StoredWorkload, claims: readonly PersistentVolumeClaim[]): StorageDecision {
  const unfit = claims.filter((claim) => !suits(claim, set.storage));
  if (unfit.length === 0) return { kind: 'Keep', storage: set.storage };
  if (unfit.every(isUnbound)) return { kind: 'Replace', claims: unfit };
  const message = `asks for more, or for another class, than ${set.name} has in a volume that was kept: ask for what it has`;
  return { kind: 'Refuse', storage: set.storage, problem: problemOf(set, message) };
}

function suits({ spec }: PersistentVolumeClaim, { size, storageClassName }: Storage): boolean {
  const has = quantityValue(spec?.resources?.requests?.['storage'] ?? '');
  const wanted = quantityValue(size);
  const isLargeEnough = has === undefined || wanted === undefined || has >= wanted;
  return isLargeEnough && (storageClassName === undefined || spec?.storageClassName === storageClassName);
}

function isUnbound({ status }: PersistentVolumeClaim): boolean {
  return status?.phase === 'Pending';
}

function problemOf(set: StoredWorkload, message: string): ConfigProblem {
  return { reason: 'InvalidValue', field: `${specFields[set.component]}.storage`, message };
}
