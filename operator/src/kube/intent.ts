import { createHash } from 'node:crypto';

/** Same text for the same JSON value, whatever the order of keys. Undefined members are left out, as on the wire. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map((item) => (item === undefined ? 'null' : canonicalJson(item))).join(',')}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** Short fingerprint of a JSON value; 96 bits are plenty against chance. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('base64url').slice(0, 16);
}

/**
 * True when every field of the intent has its value in the observed object. False may also mean that the
 * server writes the same value differently (quantities, defaults inside lists): then it has to be asked.
 */
export function isContained(intent: unknown, observed: unknown): boolean {
  if (intent === undefined) return true;
  if (Array.isArray(intent)) {
    return (
      Array.isArray(observed) &&
      intent.length === observed.length &&
      intent.every((item, index) => isContained(item, observed[index]))
    );
  }
  if (typeof intent === 'object' && intent !== null) {
    if (typeof observed !== 'object' || observed === null || Array.isArray(observed)) return false;
    return Object.entries(intent).every(([key, member]) => isContained(member, Reflect.get(observed, key)));
  }
  return intent === observed;
}
