/** Asks the exporter of a broker for one of its metrics. */
import { startDeadline, type Clock } from '../kube/mod.ts';
import { sampleIn, type Sample } from './prometheus-text.ts';

/** One sample is a few hundred characters. */
const LONGEST_LINE = 1_000_000;

/** Why an exporter told nothing, in words that stay the same from one try to the next. */
export class ExporterError extends Error {
  readonly code = 'ExporterSilent';
  readonly retryable = true;

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ExporterError';
  }
}

export interface ExporterCall {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/**
 * The broker works all its metrics out anew for each question, and tells one of them.
 *
 * @param host as in an address: an IPv6 address has brackets
 * @throws ExporterError; the signal's reason
 */
export async function samplesOf(
  host: string,
  port: number,
  metric: string,
  { clock, signal, timeoutMs }: ExporterCall,
): Promise<readonly Sample[]> {
  const deadline = startDeadline(clock, timeoutMs, `the exporter of ${host}`, signal);
  try {
    const url = new URL(`http://${host}:${port}/metrics`);
    url.searchParams.set('name[]', metric);
    const response = await fetch(url, { headers: { accept: 'text/plain' }, signal: deadline.signal });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new ExporterError(`its exporter answers with ${response.status}`);
    }
    const samples: Sample[] = [];
    for await (const line of linesOf(response.body)) {
      const sample = sampleIn(line, metric);
      if (sample !== undefined) samples.push(sample);
    }
    return samples;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ExporterError) throw error;
    throw new ExporterError(wordsFor(error, deadline.signal), error);
  } finally {
    deadline.dispose();
  }
}

function wordsFor(error: unknown, deadline: AbortSignal): string {
  if (deadline.aborted) return 'its exporter does not answer in time';
  if (error instanceof SyntaxError) return 'its exporter answers with something else than metrics';
  return 'its exporter cannot be reached';
}

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > LONGEST_LINE) throw new SyntaxError('a line without end');
    yield* lines;
  }
  if (rest !== '') yield rest;
}
