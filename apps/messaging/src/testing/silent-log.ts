import type { Logger } from '../client/logger.ts';

export const silentLog: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {
  // A test that looks at lines brings its own logger.
}
