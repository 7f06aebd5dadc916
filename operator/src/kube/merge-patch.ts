import { isDeepStrictEqual } from 'node:util';

/**
 * A merge patch that makes `next` of `before`: what is left out of a patch stays, so what is to go is said.
 *
 * @returns undefined: nothing differs
 */
export function mergePatchTo(before: object | undefined, next: object): object | undefined {
  const old = new Map<string, unknown>(Object.entries(before ?? {}));
  const wanted = new Map<string, unknown>(Object.entries(next));
  const patch: Record<string, unknown> = {};
  for (const key of old.keys()) if (!wanted.has(key)) patch[key] = null;
  for (const [key, value] of wanted) {
    const was = old.get(key);
    if (isTree(value) && isTree(was)) {
      const inner = mergePatchTo(was, value);
      if (inner !== undefined) patch[key] = inner;
    } else if (!isDeepStrictEqual(was, value)) patch[key] = value;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function isTree(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
