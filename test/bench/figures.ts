/** What one figure came to over several runs. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** What the design asks for; a figure above it misses the bar. Undefined: no bar. */
  readonly bar?: number;
  readonly values: readonly number[];
}

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** @throws RangeError for a figure without a single value: there is nothing to report, and zero would be a lie */
export function spreadOf({ name, values }: Figure): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted.at(0), sorted.at(-1)];
  const [low, high] = [
    sorted[Math.floor((sorted.length - 1) / 2)],
    sorted[Math.ceil((sorted.length - 1) / 2)],
  ];
  if (min === undefined || max === undefined || low === undefined || high === undefined) {
    throw new RangeError(`no value for ${name}`);
  }
  return { min, median: (low + high) / 2, max };
}

/** @throws RangeError when there is nothing to compare, or nothing to compare with */
export function ratioOfMedians(values: readonly number[], base: readonly number[]): number {
  const [own, other] = [values, base].map((each) => spreadOf({ name: 'a ratio', unit: '', values: each }));
  if (own === undefined || other === undefined || other.median === 0) {
    throw new RangeError('no ratio to a median of 0');
  }
  return own.median / other.median;
}

/**
 * @param share from 0 to 1: of the values, those that are at most the one that is returned
 * @throws RangeError when there is no value
 */
export function percentileOf(values: readonly number[], share: number): number {
  const value = values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(share * values.length) - 1)];
  if (value === undefined) throw new RangeError('no percentile of nothing');
  return value;
}

export interface Report {
  /** What was measured on what: anybody must be able to judge and repeat the figures. */
  readonly setting: Readonly<Record<string, string | number>>;
  readonly figures: readonly Figure[];
}

export function renderJson({ setting, figures }: Report): string {
  const rows = figures.map((figure) => ({ ...figure, ...spreadOf(figure) }));
  return `${JSON.stringify({ setting, figures: rows }, undefined, 2)}\n`;
}

const COLUMNS = ['', 'min', 'median', 'max', 'bar', 'runs'] as const;

export function renderTable({ setting, figures }: Report): string {
  const rows = figures.map((figure) => {
    const { min, median, max } = spreadOf(figure);
    const bar = figure.bar === undefined ? '' : `${figure.bar} ${figure.unit}`;
    return [
      `${figure.name} (${figure.unit})`,
      format(min),
      format(median),
      format(max),
      bar,
      String(figure.values.length),
    ];
  });
  const table = [[...COLUMNS], ...rows];
  const widths = COLUMNS.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  const facts = Object.entries(setting).map(([name, value]) => `${name}: ${value}`);
  return `${facts.join('\n')}\n\n${lines.join('\n')}\n`;
}

function format(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
