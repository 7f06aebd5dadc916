import { describe, expect, it } from '@jest/globals';
import { percentileOf, ratioOfMedians, renderTable, spreadOf } from './figures.ts';
import { readMetrics, sumOf } from './metrics-text.ts';

const downFrom = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => count - index);
const of = (...values: readonly number[]) => spreadOf({ name: 'x', unit: 's', values });

describe('spreadOf', () => {
  it('takes the middle, or the mean of the two in the middle', () => {
    expect(of(3, 1, 2)).toEqual({ min: 1, median: 2, max: 3 });
    expect(of(4, 1, 2, 3)).toEqual({ min: 1, median: 2.5, max: 4 });
  });
  it('makes no figure of nothing', () => expect(() => of()).toThrow(RangeError));
});

describe('ratioOfMedians', () => {
  it('is of the middles, not of the sums', () => expect(ratioOfMedians([3, 1, 100], [2])).toBe(1.5));
  it.each([
    [[], [1]],
    [[1], []],
    [[1], [0]],
  ])('makes no figure of %j to %j', (values, base) =>
    expect(() => ratioOfMedians(values, base)).toThrow(RangeError),
  );
});

describe('percentileOf', () => {
  it.each([
    [100, 0.95, 95],
    [20, 0.95, 19],
    [10, 0.95, 10],
    [1, 0.95, 1],
    [10, 0, 1],
  ])('of %d numbers, %d of them: %d', (count, share, value) =>
    expect(percentileOf(downFrom(count), share)).toBe(value),
  );
  it('makes no figure of nothing', () => expect(() => percentileOf([], 0.95)).toThrow(RangeError));
});

describe('renderTable', () => {
  it('shows the setting, the bar and the number of runs', () => {
    const text = renderTable({
      setting: { brokers: 'fakes' },
      figures: [{ name: 'ready', unit: 's', bar: 10, values: [1.234, 2] }],
    });
    expect(text).toContain('brokers: fakes');
    expect(text).toMatch(/ready \(s\)\s+1\.23\s+1\.62\s+2\s+10 s\s+2/);
  });
});

describe('readMetrics', () => {
  const text = `# HELP a b\n# TYPE a counter\na{kind="topics",le="+Inf"} 3\na{kind="groups"} 4\nb 1.5e+3\n`;
  it('sums samples by name and labels', () => {
    const samples = readMetrics(text);
    expect(sumOf(samples, 'a')).toBe(7);
    expect(sumOf(samples, 'a', { kind: 'topics' })).toBe(3);
    expect(sumOf(samples, 'b')).toBe(1_500);
    expect(sumOf(samples, 'c')).toBeUndefined();
  });
});
