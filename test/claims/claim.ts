/** Something that is to be built, word for word, and what shows that it is. */
export interface Claim {
  readonly says: string;
  readonly tests: readonly TestName[];
  /** A report under docs/reports that a command of its own writes. */
  readonly report?: string;
  /** What nothing shows yet. */
  readonly lacks?: string;
}

export interface TestName {
  /** Path from the root of the repository. */
  readonly file: string;
  /** As it stands in the source, of a test or of a `describe`, which stands for every test in it. */
  readonly title: string;
}

/** Claims of one heading. */
export interface Chapter {
  readonly heading: string;
  readonly claims: readonly Claim[];
}

export function inFile(file: string, ...titles: readonly string[]): readonly TestName[] {
  return titles.map((title) => ({ file, title }));
}
