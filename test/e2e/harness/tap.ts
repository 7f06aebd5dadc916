/** What Node's test runner says in TAP. */

/** The reports of the tests that failed themselves, without those of the suites around them. */
export function failuresOf(tap: string): string {
  return [...tap.matchAll(/^( *)not ok .*\n\1 {2}---\n(?:\1 {2}.*\n|\n)*?\1 {2}\.\.\.$/gm)]
    .map(([report]) => report)
    .filter((report) => !report.includes("failureType: 'subtestsFailed'"))
    .join('\n');
}
