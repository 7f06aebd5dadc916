/** A line that starts a property; anything else continues the value before it. */
const propertyLine = /^([A-Za-z][\w.$-]*)=(.*)$/;

/**
 * Reads `key=value` lines as brokers and controllers write them, which is without any escaping: a value
 * with a line break goes on over lines that are no property by themselves.
 */
export function readProperties(text: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  let last: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    const [, key, value] = propertyLine.exec(line) ?? [];
    if (key !== undefined && value !== undefined) {
      properties.set(key, value);
      last = key;
    } else if (last !== undefined && line !== '') {
      properties.set(last, `${properties.get(last) ?? ''}\n${line}`);
    }
  }
  return properties;
}

/** Writes what java.util.Properties reads, which takes its input for ISO 8859-1. */
export function writeProperties(properties: ReadonlyMap<string, string>): string {
  let text = '';
  for (const [key, value] of properties) {
    text += `${escape(key).replace(/[ :=#!]/g, '\\$&')}=${escape(value).replace(/^[ :=]/, '\\$&')}\n`;
  }
  return text;
}

function escape(text: string): string {
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replaceAll('\f', '\\f')
    .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
