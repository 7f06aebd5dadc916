interface TestFile {
  readonly path: string;
}

/**
 * Files in the order of their names: the end-to-end files share a cluster that the first of them brings up.
 * Jest's `--testSequencer` needs these four methods and nothing else.
 */
export default class ByName {
  sort(tests: readonly TestFile[]): TestFile[] {
    return tests.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  }

  shard(tests: readonly TestFile[]): readonly TestFile[] {
    return tests;
  }

  allFailedTests(tests: readonly TestFile[]): readonly TestFile[] {
    return tests;
  }

  cacheResults(): void {
    // The order does not depend on earlier runs.
  }
}
