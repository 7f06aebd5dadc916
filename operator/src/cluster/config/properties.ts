/**
 * A file that java.util.Properties reads back to the same values: in a value a backslash, and a leading space, would be taken
 * as part of the syntax, and whatever is not ASCII for other letters, since it reads ISO 8859-1.
 */
export function renderProperties(values: ReadonlyMap<string, string>): string {
  return [...values].map(([key, value]) => `${key}=${escaped(value)}\n`).join('');
}

function escaped(value: string): string {
  return value
    .replaceAll('\\', '\\\\')
    .replace(/^ /, '\\ ')
    .replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Reads what `renderProperties` wrote. */
export function parseProperties(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line) => {
        const end = line.indexOf('=');
        return [line.slice(0, end), unescaped(line.slice(end + 1))];
      }),
  );
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(?:u([\da-f]{4})|(.))/g, (_all, unit?: string, other?: string) =>
    unit === undefined ? (other ?? '') : String.fromCharCode(Number.parseInt(unit, 16)),
  );
}
