/** How a part of a status moves from what it tells to what is known. Pure. */
import { isDeepStrictEqual } from 'node:util';

/** What a merge patch of the part says; undefined: nothing moved. */
export function patchOf(told: object, known: object): object | undefined {
  const before = fieldsOf(told);
  const after = fieldsOf(known);
  const fields = [...new Set([...before.keys(), ...after.keys()])];
  if (fields.every((field) => isDeepStrictEqual(before.get(field), after.get(field)))) return undefined;
  return Object.fromEntries(fields.map((field) => [field, after.get(field) ?? null]));
}

/** Whether something is unknown that was told. */
export function lacks(known: object, told: object): boolean {
  const after = fieldsOf(known);
  return [...fieldsOf(told).keys()].some((field) => !after.has(field));
}

function fieldsOf(part: object): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(part));
}
