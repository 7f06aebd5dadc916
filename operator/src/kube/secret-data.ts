/** As the data of a Secret is written. */
export function toSecretData(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** @returns the empty text for what is absent */
export function fromSecretData(data: string | undefined): string {
  return Buffer.from(data ?? '', 'base64').toString('utf8');
}
