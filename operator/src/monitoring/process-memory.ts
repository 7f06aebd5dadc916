import { readFileSync } from 'node:fs';
import { Gauge, type Registry } from 'prom-client';

/**
 * Anonymous memory of the process: what counts against its limit. The resident size of the default metrics also
 * has the pages of the program file, which the kernel takes back when it needs them.
 */
export function processMemoryMetric(registry: Registry, read: () => string = readOwnStatus): void {
  const gauge: Gauge = new Gauge({
    name: 'gantry_process_anonymous_memory_bytes',
    help: 'Resident anonymous memory in bytes (RssAnon).',
    registers: [registry],
    collect: () => {
      const bytes = anonymousBytes(read());
      // Where the kernel does not tell, there is no sample: zero would be a lie.
      if (bytes !== undefined) gauge.set(bytes);
    },
  });
}

function readOwnStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}

export function anonymousBytes(status: string): number | undefined {
  const kilobytes = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
