/**
 * A file that java.util.Properties reads back to the same values: in a value a backslash, and a leading space,
 * would be taken as part of the syntax.
 */
export function renderProperties(values: ReadonlyMap<string, string>): string {
  return [...values]
    .map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\').replace(/^ /, '\\ ')}\n`)
    .join('');
}

/** Reads what `renderProperties` wrote. */
export function parseProperties(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line) => {
        const end = line.indexOf('=');
        return [line.slice(0, end), line.slice(end + 1).replaceAll(/\\(.)/g, '$1')];
      }),
  );
}
