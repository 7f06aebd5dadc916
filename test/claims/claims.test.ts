import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { liveBrokerKeys } from '../../operator/src/cluster/config/live-keys.ts';
import { build } from './build.ts';
import { inFile, type Chapter, type TestName } from './claim.ts';
import { renderClaims, type Evidence } from './report.ts';
import { namedIn, outcomeOf, resultsOf, type Results } from './results.ts';
import { isMadeFrom, titlesIn, withGaps } from './titles.ts';

const root = join(import.meta.dirname, '../..');
const titles = (file: string): readonly string[] => titlesIn(readFileSync(join(root, file), 'utf8'));

describe('the list of what is to be built', () => {
  const claims = build.flatMap((chapter) => chapter.claims);
  const tests = claims.flatMap((claim) => claim.tests);

  it.each([...new Set(tests.map(({ file }) => file))])('names tests that there are: %s', (file) => {
    const there = existsSync(join(root, file)) ? titles(file) : [];
    const named = tests.filter((test) => test.file === file).map(({ title }) => title);
    // Twice would be nobody in particular.
    expect(named.filter((title) => there.filter((each) => each === title).length !== 1)).toEqual([]);
  });

  it('has a test, a report or a gap for each claim, and each claim once', () => {
    const bare = claims.filter((claim) => claim.tests.length === 0 && !claim.report && !claim.lacks);
    expect(bare).toEqual([]);
    expect(new Set(claims.map(({ says }) => says)).size).toBe(claims.length);
  });
});

it.each([...liveBrokerKeys.keys()])('%s: a live setting, of which a test saw the effect', (key) => {
  const named = titles('test/e2e/live-config.test.ts').flatMap((title) => title.split(':')[0] ?? '');
  expect(named.flatMap((names) => names.split(/, | and /))).toContain(key);
});

describe('titlesIn', () => {
  it('finds the titles of tests, of groups of them, and of tables', () => {
    const source = `
      describe('a', () => {
        it('b', async () => {});
        it(\`c \${String(n)} times\`, () => {});
        it('it\\'s d', () => {});
        it.each([['x', 1]])('e %s', () => {});
        it.each<[string, number]>([
          ['y', 1],
        ] as const)(
          'f of %s',
          () => {});
        describe.each(KINDS)('g: $name', () => {});
        expect(call('none', 1)).toBe('none');
      });`;
    expect(titlesIn(source)).toEqual([
      'a',
      'b',
      'c ${String(n)} times',
      "it's d",
      'e %s',
      'f of %s',
      'g: $name',
    ]);
  });
});

describe('isMadeFrom', () => {
  it.each([
    ['b', 'b', true],
    ['b', 'b and more', false],
    ['c 10 times', 'c ${String(n)} times', true],
    ['a master killed: 2 members, 1 in sync', 'a master killed: $name', true],
    ['judges flushDiskType=x', 'judges %s=%s', true],
    ['judges nothing', 'judges %s=%s', false],
    ['4 (of 5)?', '4 (of 5)?', true],
  ])('%j, %j: %s', (reported, title, made) => {
    expect(isMadeFrom(reported, title)).toBe(made);
  });
});

describe('withGaps', () => {
  it('leaves out what each run fills in', () => {
    expect(withGaps('c ${String(n)} times')).toBe('c … times');
    expect(withGaps('judges %s=%s of $name')).toBe('judges …=… of …');
  });
});

const file = 'test/a.test.ts';
const ran = (...tests: readonly (readonly [status: string, ...titles: readonly string[]])[]): Results =>
  resultsOf(
    {
      testResults: [
        {
          name: `/repo/${file}`,
          endTime: Date.UTC(2026, 0, 31, 12),
          assertionResults: tests.map(([status, ...path]) => ({
            status,
            title: path.at(-1) ?? '',
            ancestorTitles: path.slice(0, -1),
          })),
        },
      ],
    },
    { root: '/repo', commit: 'abc1234' },
  );

describe('what became of a test', () => {
  const one = ['passed', 'group', 'one'] as const;
  const results = ran(
    ['passed', 'group', 'one'],
    ['passed', 'group', 'two'],
    ['failed', 'three'],
    ['pending', 'four'],
  );
  it.each<[string, string, Results, object]>([
    ['it passed', 'one', results, { kind: 'Passed', count: 1 }],
    ['each of a group did', 'group', results, { kind: 'Passed', count: 2 }],
    ['it failed', 'three', results, { kind: 'Failed', count: 1 }],
    ['it was skipped', 'four', results, { kind: 'NotRun' }],
    ['it was not in the run', 'five', results, { kind: 'NotRun' }],
    ['nothing was run', 'one', {}, { kind: 'NotRun' }],
    ['its file did not load', 'one', ran(), { kind: 'Failed', count: 0 }],
    ['one of a group failed', 'group', ran(one, ['failed', 'group', 'two']), { kind: 'Failed', count: 2 }],
    ['one of a group was skipped', 'group', ran(one, ['pending', 'group', 'two']), { kind: 'NotRun' }],
  ])('%s', (_what, title, of, outcome) => {
    expect(outcomeOf({ file, title }, of)).toMatchObject(outcome);
  });
});

describe('what is kept of a run', () => {
  const chapters: readonly Chapter[] = [
    { heading: 'Things', claims: [{ says: 'it is so', tests: inFile(file, 'one', 'group') }] },
  ];

  it('is what claims name', () => {
    const results = ran(['passed', 'one'], ['passed', 'group', 'two'], ['failed', 'three']);
    const elsewhere = { 'test/b.test.ts': { date: '2026-01-31', commit: 'abc1234', tests: [] } };
    expect(namedIn(chapters, { ...results, ...elsewhere })).toEqual(
      ran(['passed', 'one'], ['passed', 'group', 'two']),
    );
  });

  it('tells a file that did not load from one whose tests have other names now', () => {
    expect(namedIn(chapters, ran())).toEqual(ran());
    expect(namedIn(chapters, ran(['passed', 'of before']))).toEqual({});
  });
});

describe('the report', () => {
  const named = (title: string): readonly TestName[] => inFile(file, title);
  const chapters: readonly Chapter[] = [
    {
      heading: 'Things',
      claims: [
        { says: 'it is so', tests: [...named('one'), ...named('group')] },
        { says: 'it is not', tests: named('three') },
        { says: 'it may be', tests: [], lacks: 'yet' },
        { says: 'it is in part', tests: named('one'), lacks: 'on a real cluster' },
        { says: 'it is never tried', tests: named('five') },
        { says: 'it stands anything', tests: [], report: 'chaos.md' },
      ],
    },
  ];
  const results = ran(['passed', 'group', 'one'], ['passed', 'group', 'two'], ['failed', 'three']);
  const render = (chaos: string): readonly string[] => {
    const evidence: Evidence = { results, reports: new Map([['chaos.md', chaos]]) };
    return renderClaims(chapters, evidence).split('\n');
  };
  const written = 'Written by `npm run test:chaos -- --minutes 9` on 2026-01-30. Times are wall time.';

  it('has a line for each test, and says of what there is none', () => {
    const lines = render(`# Chaos\n\n${written}\n`);
    expect(lines.filter((line) => line.startsWith('| ') && line.includes('`'))).toEqual([
      '| it is so | one (`test/a.test.ts`) | passed (2026-01-31, abc1234) |',
      '|  | group (`test/a.test.ts`) | passed, 2 tests (2026-01-31, abc1234) |',
      '| it is not | three (`test/a.test.ts`) | **failed** (2026-01-31, abc1234) |',
      '| it is in part | one (`test/a.test.ts`) | passed (2026-01-31, abc1234) |',
      '| it is never tried | five (`test/a.test.ts`) | not run |',
      '| it stands anything | `npm run test:chaos -- --minutes 9`: [chaos.md](chaos.md) | passed (2026-01-30) |',
    ]);
    expect(lines).toContain('| it may be | no test | yet |');
    expect(lines).toContain('|  | no test | on a real cluster |');
  });

  it('counts claims by the worst of their tests', () => {
    expect(render(`${written}\n`)).toEqual(
      expect.arrayContaining([
        '| shown | 2 |',
        '| failed | 1 |',
        '| not run | 1 |',
        '| not shown, or not all of it | 2 |',
      ]),
    );
    const failed = render(`${written}\n\nThe run failed:\n\n- a: 1 lost\n`);
    expect(failed).toContain('| failed | 2 |');
  });
});
