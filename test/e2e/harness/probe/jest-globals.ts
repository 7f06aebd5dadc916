/** What test/fakes/contract.test.ts uses of Jest, by Node's own test runner: Jest itself is no single file. */
import { after, before, describe as suite, it as test } from 'node:test';
import { expect } from 'expect';

type Body = (...args: unknown[]) => void | Promise<void>;
type Rows = readonly (readonly unknown[])[];

/** The first cell stands in the title, as everywhere here. */
const titled = (title: string, [first]: readonly unknown[]): string =>
  title.replace('%s', () => String(first));

const describe = Object.assign((title: string, body: () => void) => void suite(title, body), {
  each: (rows: Rows) => (title: string, body: Body) => {
    for (const row of rows) void suite(titled(title, row), () => void body(...row));
  },
});

const it = Object.assign(
  (title: string, body: () => void | Promise<void>) => void test(title, () => body()),
  {
    each: (rows: Rows) => (title: string, body: Body) => {
      for (const row of rows) void test(titled(title, row), () => body(...row));
    },
  },
);

/** Node's runner has no deadline of its own; whoever runs the suite has one. */
const jest = { setTimeout: (): void => undefined };

export { after as afterAll, before as beforeAll, describe, expect, it, jest };
