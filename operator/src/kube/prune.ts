import type { KubeObject } from './types.ts';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Drops what no controller reads and what is often half of an object: managedFields and kubectl's copy of the
 * whole manifest. Changes the object in place (it comes fresh from the parser, nobody else has it).
 */
export function prune<T extends KubeObject>(object: T): T {
  const metadata = object.metadata as {
    managedFields?: unknown;
    annotations?: Record<string, string>;
  };
  delete metadata.managedFields;
  if (metadata.annotations?.[LAST_APPLIED] !== undefined) delete metadata.annotations[LAST_APPLIED];
  return object;
}

/** Freezes the whole tree. Stored objects are shared by every reader of the store. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
