import { destination, pino, stdSerializers } from 'pino';
import type { Logger } from './kube/mod.ts';

/** What every process of ours writes: a line of JSON each on its standard output. */
export function createLogger(level: 'debug' | 'info' | 'warn' | 'error'): Logger {
  // Synchronous: a crash must not lose the lines that explain it, and a bundle has no place for worker files.
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      serializers: { err: stdSerializers.err, error: stdSerializers.err, cause: stdSerializers.err },
    },
    destination({ sync: true }),
  );
}
