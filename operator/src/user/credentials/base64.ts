/** As the data of a Secret is written. */
export function encoded(text: string): string;
export function encoded(text: string | undefined): string | null;
export function encoded(text: string | undefined): string | null {
  return text === undefined ? null : Buffer.from(text).toString('base64');
}

/** @returns the empty text for what is absent */
export function decoded(data: string | undefined): string {
  return Buffer.from(data ?? '', 'base64').toString('utf8');
}
