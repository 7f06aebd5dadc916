/** `a, b and 3 more`, or `a; b; and 3 more` of sentences. Empty when there is nothing. */
export function listed(items: readonly string[], shown: number, separator: ', ' | '; ' = ', '): string {
  const more = items.length - shown;
  const rest = more > 0 ? `${separator === ', ' ? ' ' : separator}and ${more} more` : '';
  return items.slice(0, shown).join(separator) + rest;
}
