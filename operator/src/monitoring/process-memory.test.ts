import { describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { anonymousBytes, processMemoryMetric } from './process-memory.ts';

describe('processMemoryMetric', () => {
  it('tells RssAnon in bytes', async () => {
    expect(anonymousBytes('VmRSS:\t 9 kB\nRssAnon:\t    1234 kB\nRssFile:\t 5 kB\n')).toBe(1_263_616);
    const registry = new Registry();
    processMemoryMetric(registry, () => 'RssAnon:\t 2 kB\n');
    expect(await registry.metrics()).toContain('gantry_process_anonymous_memory_bytes 2048');
  });

  it('has no figure where the kernel has none', () =>
    expect(anonymousBytes('VmRSS:\t 9 kB\n')).toBeUndefined());
});
