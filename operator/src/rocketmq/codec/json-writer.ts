import { EntryList, isJsonObject, type JsonValue } from './json-value.ts';

/**
 * Writes standard JSON: 5.5.0's parser (fastjson2) refuses the irregular forms that older ones wrote.
 * Integers may be bigint.
 *
 * @throws TypeError for what JSON cannot hold: NaN, infinities, keys that are not strings.
 */
export function writeJson(value: JsonValue): string {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof EntryList) throw new TypeError('JSON has no keys that are objects');
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError('JSON has no such number');
  if (isArray(value)) return `[${value.map(writeJson).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}:${writeJson(item)}`);
  return `{${members.join(',')}}`;
}

/** Array.isArray does not narrow readonly arrays. */
function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
