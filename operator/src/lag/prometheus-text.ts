/**
 * Reads the samples of one metric out of the text that Prometheus scrapes
 * (https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4). Pure.
 */
export interface Sample {
  readonly labels: ReadonlyMap<string, string>;
  /** May be NaN or infinite. */
  readonly value: number;
}

/** The name of the sample, its labels with their escapes, its value, and a time that nobody needs. */
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?[ \t]+(\S+)(?:[ \t]+-?\d+)?[ \t\r]*$/;
const LABELS = /^(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\.)*",?)*$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/**
 * @returns undefined: the line is about something else
 * @throws SyntaxError when it is about this metric and cannot be read
 */
export function sampleIn(line: string, metric: string): Sample | undefined {
  if (!line.startsWith(metric)) return undefined;
  const [, name, labels = '', value = ''] = SAMPLE.exec(line) ?? [];
  if (name !== undefined && name !== metric) return undefined;
  if (name === undefined || !LABELS.test(labels)) throw new SyntaxError(`no sample of ${metric} can be read`);
  return {
    labels: new Map([...labels.matchAll(LABEL)].map(([, key = '', text = '']) => [key, unescaped(text)])),
    value: numberOf(value),
  };
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
}

/** As Go reads floats: `+Inf`, `-Inf` and `NaN` among them. */
function numberOf(text: string): number {
  return Number(text.replace(/^([+-]?)Inf$/, '$1Infinity'));
}
