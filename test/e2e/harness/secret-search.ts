/** Looks for secrets where none may be. */

/** A text of the system, and what it is: `log of …`, `event of …`. */
export interface Place {
  readonly name: string;
  readonly text: string;
}

/** By what it is, for a message that does not repeat it. */
export type SecretValues = ReadonlyMap<string, string>;

/** @returns `secret in place`, of every spelling: plain, base64 with and without padding, URL-encoded, in JSON */
export function findSecrets(secrets: SecretValues, places: readonly Place[]): readonly string[] {
  const found: string[] = [];
  for (const [secret, value] of secrets) {
    const spellings = spellingsOf(value);
    for (const { name, text } of places)
      if (spellings.some((spelling) => text.includes(spelling))) found.push(`${secret} in ${name}`);
  }
  return found;
}

/** Base64 of a secret inside of a longer text differs by where it begins: what lies between is the same. */
function spellingsOf(value: string): readonly string[] {
  const inside = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), Buffer.from(value)]).toString('base64');
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor(((before + Buffer.byteLength(value)) * 8) / 6);
    return encoded.slice(first, last);
  });
  const json = JSON.stringify(value).slice(1, -1);
  const all = [value, ...inside, encodeURIComponent(value), json];
  return [...new Set([...all, ...inside.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))])];
}
