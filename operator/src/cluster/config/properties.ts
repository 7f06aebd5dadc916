/**
 * A file that java.util.Properties reads back to the same values: in a value a backslash, and a leading space,
 * would be taken as part of the syntax.
 */
export function renderProperties(values: ReadonlyMap<string, string>): string {
  return [...values]
    .map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\').replace(/^ /, '\\ ')}\n`)
    .join('');
}
