/**
 * What RocketMQ's JSON can hold. Integers beyond 2^53 are bigint. Objects have no prototype, so that a
 * key such as `__proto__` is a key like any other.
 */
export type JsonValue =
  null | boolean | number | bigint | string | readonly JsonValue[] | JsonObject | EntryList;

export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** An object at least one of whose keys is itself an object or array, which RocketMQ's maps keyed by queue are. */
export class EntryList {
  readonly entries: readonly (readonly [JsonValue, JsonValue])[];

  constructor(entries: readonly (readonly [JsonValue, JsonValue])[]) {
    this.entries = entries;
  }
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof EntryList)
  );
}
