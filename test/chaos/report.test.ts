import { describe, expect, it } from '@jest/globals';
import { problemsOf, renderMarkdown, type ChaosReport, type JudgedGroup, type JudgedStep } from './report.ts';

const group = (name: string, counts: Partial<JudgedGroup['counts']> = {}): JudgedGroup => ({
  group: name,
  sends: 110,
  acknowledged: 100,
  delivered: 101,
  counts: {
    lost: 0,
    beyond: 0,
    disordered: 0,
    invented: 0,
    undelivered: 0,
    withdrawn: 0,
    repeated: 1,
    ...counts,
  },
  examples: counts.lost === undefined ? {} : { lost: ['3/17'] },
  lostAt: counts.lost === undefined ? [] : [2_500],
  largestGap: { from: 5_000, lengthMs: 2_500 },
});

const step = (
  number: number,
  kinds: readonly string[],
  readyMs: number,
  rest: Partial<JudgedStep> = {},
): JudgedStep => ({
  number,
  kinds,
  labels: kinds.map((kind) => `${kind} (pod)`),
  belowPromise: false,
  beganAt: 1_000 * number,
  endedAt: 1_000 * number + 100,
  recoveredAt: 1_000 * number + 100 + readyMs,
  outages: { a: { silenceMs: 200, firstWriteMs: 150 }, b: { silenceMs: 2_400, firstWriteMs: 2_300 } },
  ...rest,
});

const good: ChaosReport = {
  seed: 7,
  minutes: 30,
  date: '2026-01-01',
  perSecond: 500,
  trafficMs: 60_000,
  steps: [
    step(1, ['Kill BrokerMaster'], 10_000),
    step(2, ['Kill BrokerMaster'], 20_000),
    step(3, ['NodeStop'], 30_000, { belowPromise: true }),
    step(4, ['Kill Proxy', 'Hang BrokerMaster'], 5_000, { outages: { a: undefined, b: undefined } }),
  ],
  groups: [group('a'), group('b')],
  proofs: [{ planted: 'a loss', finding: 'lost', found: true }],
};

describe('problemsOf', () => {
  it.each<[string, ChaosReport, readonly string[]]>([
    ['nothing is wrong', good, []],
    ['a loss', { ...good, groups: [group('a', { lost: 2 }), group('b')] }, ['a: 2 lost (3/17)']],
    ['the run broke off', { ...good, failure: 'it did not recover' }, ['it did not recover']],
    [
      'nothing was judged',
      { ...good, groups: [], proofs: [] },
      ['not every group was judged by messages that it acknowledged'],
    ],
    [
      'the checker is blind',
      { ...good, proofs: [{ planted: 'a loss', finding: 'lost', found: false }] },
      ['the checker does not find a loss, or more than that'],
    ],
    ['the checker was not proved', { ...good, proofs: [] }, ['the checker was not proved']],
  ])('%s', (_what, report, problems) => {
    expect(problemsOf(report)).toEqual(problems);
  });
});

describe('renderMarkdown', () => {
  const lines = renderMarkdown(good).split('\n');

  it('says how to repeat the run, and what came of it', () => {
    expect(lines).toContain(
      'Written by `npm run test:chaos -- --minutes 30 --seed 7` on 2026-01-01. Times are wall time on the machine that ran it.',
    );
    expect(lines).toContain(
      'Nothing that was acknowledged was lost, and the cluster recovered from every fault.',
    );
    expect(lines).toContain('| acknowledged, and lost | 0 | 0 |');
    expect(lines).toContain('| largest gap between acknowledgements | 2.5 s | 2.5 s |');
  });

  it('has median and maximum of each kind of fault, pairs by themselves, and what is unknown as unknown', () => {
    expect(lines).toContain('| Kill BrokerMaster | 2 | 2.3 s | 2.3 s | 15.0 s | 20.0 s |');
    expect(lines).toContain('| NodeStop | 1 | 2.3 s | 2.3 s | 30.0 s | 30.0 s |');
    expect(lines).toContain('| two at once | 1 | unknown | unknown | 5.0 s | 5.0 s |');
  });

  it('marks what goes below the promise', () => {
    expect(lines).toContain(
      '| 3 | 2.0 s | NodeStop (pod) † | 0.1 s | 0.2 s, 2.4 s | 0.1 s, 2.3 s | 30.0 s |',
    );
    expect(lines.some((line) => line.startsWith('† may leave a group'))).toBe(true);
  });

  it('says what was lost after which fault, when something was', () => {
    const steps = renderMarkdown({ ...good, groups: [group('a', { lost: 1 }), group('b')] }).split('\n');
    const lost = steps.filter((line) => /^\| [1-4] \|/.test(line)).map((line) => line.split('|').at(-2));
    expect(lost).toEqual([' 0, 0 ', ' 1, 0 ', ' 0, 0 ', ' 0, 0 ']);
  });

  it('says what failed, in one line each', () => {
    const failed = renderMarkdown({ ...good, failure: 'it did not recover\nand a long diagnosis' });
    expect(failed).toContain('The run failed:\n\n- it did not recover\n');
    expect(failed).not.toContain('diagnosis');
  });
});
