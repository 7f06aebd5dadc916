/** Titles of tests, as they stand in a source and as Jest reports them. Pure. */

/** After `it(` and `describe(`, and after the table of an `each`. */
const titleLiteral = /(?:\b(?:it|describe)\(|\)\()\s*(?:'((?:\\.|[^'\\])*)'|`((?:\\.|[^`\\])*)`)\s*,/g;

/** In the order of the source; one that stands there twice comes twice. */
export function titlesIn(source: string): readonly string[] {
  return [...source.matchAll(titleLiteral)].map(([, plain, template]) =>
    (plain ?? template ?? '').replaceAll(/\\(.)/g, '$1'),
  );
}

/** What is filled in: expressions of a template, and cells of a table. */
const filledIn = /\$\{[^}]*\}|\$[\w.]+|%[sdijp]/;

/** Whether a title that Jest reports may be the one in the source, filled in. */
export function isMadeFrom(reported: string, title: string): boolean {
  const parts = title.split(filledIn).map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('[^]*')}$`).test(reported);
}
