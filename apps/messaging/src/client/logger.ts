import { format } from 'node:util';

/** What pino offers and we use; a test passes an array-backed one. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The logger that rocketmq-client-nodejs expects: printf templates, and `debug` although it is declared optional. */
export interface ClientLogger {
  info(...args: unknown[]): void;
  warn(...args: unknown[]): void;
  error(...args: unknown[]): void;
  debug(...args: unknown[]): void;
}

/**
 * Adapts a pino logger. The client's own `info` lines (about ten per start, one per transaction) go to `debug`:
 * at one line a transaction they would drown the service's own.
 */
export function toClientLogger(logger: Logger): ClientLogger {
  const fields = { component: 'rocketmq-client' };
  return {
    debug: (...args) => logger.debug(fields, format(...args)),
    info: (...args) => logger.debug(fields, format(...args)),
    warn: (...args) => logger.warn(fields, format(...args)),
    error: (...args) => logger.error(fields, format(...args)),
  };
}
