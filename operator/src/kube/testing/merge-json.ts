/** RFC 7386: objects are merged, null removes, everything else replaces. */
export function mergeJson(target: object, patch: object): object {
  const result: Record<string, unknown> = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else if (isObject(value)) {
      const old = result[key];
      result[key] = mergeJson(isObject(old) ? old : {}, value);
    } else if (value !== undefined) result[key] = value;
  }
  return result;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
